from pathlib import Path

import pytest

from sandbox_agent.runtime import attachments
from sandbox_agent.runtime.attachments import read_attachments
from sandbox_agent.schema.commands import Attachment
from sandbox_agent.schema.errors import InvalidRequest


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
