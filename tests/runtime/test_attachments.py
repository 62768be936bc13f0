from pathlib import Path

import pytest

from sandbox_agent.runtime import attachments
from sandbox_agent.runtime.attachments import read_attachments
from sandbox_agent.schema.commands import Attachment
from sandbox_agent.schema.errors import InvalidRequest, PermissionDenied


def read(path: str, directory: Path, mime: str | None = None) -> tuple[str, str, bytes]:
    (file,) = read_attachments((Attachment(path=path, mime=mime),), str(directory))
    return file.filename, file.mime, file.data


@pytest.mark.parametrize(
    ("name", "data", "mime"),
    [
        ("picture", b"\x89PNG\r\n\x1a\n...", "image/png"),
        ("photo.txt", b"\xff\xd8\xff...", "image/jpeg"),
        ("anim", b"GIF89a", "image/gif"),
        ("modern", b"RIFF....WEBPVP8 ", "image/webp"),
        ("paper", b"%PDF-1.7", "application/pdf"),
        ("notes.md", b"# hi", "text/markdown"),
        ("Makefile", b"all:\n", "text/plain"),
        ("blob", b"\xff\x00\xfe", "application/octet-stream"),
    ],
)
def test_what_a_file_is_shows_in_its_first_bytes_then_in_its_name(
    tmp_path: Path, name: str, data: bytes, mime: str
) -> None:
    (tmp_path / name).write_bytes(data)
    assert read(name, tmp_path) == (name, mime, data)


def test_the_client_may_say_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    assert read(str(tmp_path / "a"), Path("/"), "text/x-special")[1] == "text/x-special"


def test_a_missing_path_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="path not found: nope"):
        read("nope", tmp_path)
    with pytest.raises(InvalidRequest, match=r"path is not a file: \."):
        read(".", tmp_path)


def test_the_limit_is_for_all_files_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "LIMIT", 10)
    (tmp_path / "a").write_bytes(b"123456")
    one = Attachment(path="a")
    assert len(read_attachments((one,), str(tmp_path))) == 1
    with pytest.raises(InvalidRequest, match="over 10 bytes"):
        read_attachments((one, one), str(tmp_path))


def test_no_path_leads_out_of_the_file_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "inside").write_bytes(b"fine")
    (root / "near").symlink_to("inside")
    for path in [str(tmp_path / "secret"), "../secret", "link", "/etc/passwd"]:
        with pytest.raises(PermissionDenied):
            read_attachments((Attachment(path=path),), str(root), root)
    (file,) = read_attachments((Attachment(path="near"),), str(root), root)
    assert file.data == b"fine"


def test_what_says_it_is_empty_and_is_not_is_read(tmp_path: Path) -> None:
    assert b"Name:" in read("/proc/self/status", tmp_path)[2]


def test_an_odd_path_is_a_bad_request(tmp_path: Path) -> None:
    for path in ["a\0b", "/dev/null", "x" * 5000]:
        with pytest.raises(InvalidRequest):
            read(path, tmp_path)
