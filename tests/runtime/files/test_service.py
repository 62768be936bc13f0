import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from sandbox_agent.runtime.files import Files
from sandbox_agent.runtime.files.drafts import Draft
from sandbox_agent.schema.errors import ApiError, InvalidRequest, PermissionDenied, StreamError

from .helpers import chunks, descriptors, make, tree

pytestmark = pytest.mark.anyio


async def test_a_folder_is_listed_with_links_as_files(files: Files, home: Path) -> None:
    (home / "b").mkdir()
    (home / "a.txt").write_text("12345")
    (home / "c").symlink_to("b")
    (home / "d").symlink_to("nowhere")
    entries = await files.entries(".")
    assert [(each.name, each.path, each.entry_type) for each in entries] == [
        ("a.txt", f"{home}/a.txt", "file"),
        ("b", f"{home}/b", "directory"),
        ("c", f"{home}/c", "file"),
        ("d", f"{home}/d", "file"),
    ]
    assert entries[0].size == 5
    assert entries[0].modified is not None
    assert entries[0].modified.endswith("+00:00")
    assert datetime.fromisoformat(entries[0].modified).timestamp() == pytest.approx((home / "a.txt").stat().st_mtime)


async def test_names_that_are_no_utf8_are_listed_all_the_same(files: Files, home: Path) -> None:
    (home / os.fsdecode(b"caf\xe9")).touch()
    assert [each.name for each in await files.entries(".")] == ["caf\ufffd"]


async def test_stat_follows_links(files: Files, home: Path) -> None:
    (home / "b").mkdir()
    (home / "c").symlink_to("b")
    found = await files.stat("c")
    assert (found.path, found.entry_type) == (f"{home}/c", "directory")


@pytest.mark.parametrize("path", ["nothing", "file/below", "dangling"])
async def test_what_is_not_there_is_a_bad_request(files: Files, home: Path, path: str) -> None:
    (home / "file").touch()
    (home / "dangling").symlink_to("nowhere")
    for call in (files.stat(path), files.open(path), files.entries(path)):
        with pytest.raises(InvalidRequest, match=f"path not found: {home}/{path}") as caught:
            await call
        assert caught.value.status == 400
    if path != "dangling":
        with pytest.raises(InvalidRequest, match="path not found"):
            await files.delete(path)


async def test_a_folder_is_no_file_and_a_file_no_folder(files: Files, home: Path) -> None:
    (home / "folder").mkdir()
    (home / "file").touch()
    with pytest.raises(InvalidRequest, match=f"path is not a file: {home}/folder"):
        await files.open("folder")
    with pytest.raises(InvalidRequest, match="path is not a file"):
        await files.write("folder", chunks(b"x"))
    with pytest.raises(InvalidRequest, match=f"path is not a directory: {home}/file"):
        await files.entries("file")
    with pytest.raises(InvalidRequest, match="path is not a directory"):
        await files.mkdir("file")
    with pytest.raises(InvalidRequest, match="path is not a directory"):
        await files.write("file/below", chunks(b"x"))
    with pytest.raises(InvalidRequest, match="path is not a directory"):
        await files.mkdir("file/below")


async def test_pipes_sockets_and_devices_are_not_opened(files: Files, home: Path) -> None:
    os.mkfifo(home / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(home / "s"))
    async with asyncio.timeout(5):
        for path in ("pipe", "s", "/dev/zero"):
            with pytest.raises(InvalidRequest, match="path is not a file"):
                await files.open(path)
            with pytest.raises(InvalidRequest, match="path is not a file"):
                await files.write(path, chunks(b"x"))


async def test_a_file_is_written_whole_with_the_folders_it_needs(files: Files, home: Path) -> None:
    written = await files.write("a/b/c.txt", chunks(b"one ", b"", b"two"))
    assert (written.path, written.bytes_written) == (f"{home}/a/b/c.txt", 7)
    assert tree(home) == {"a": "/", "a/b": "/", "a/b/c.txt": "one two"}


async def test_a_cut_upload_leaves_nothing(files: Files, home: Path) -> None:
    (home / "old.txt").write_text("old")

    async def cut() -> AsyncIterator[bytes]:
        yield b"x" * 3_000_000
        raise ConnectionResetError

    for path in ("new/folder/file", "old.txt"):
        with pytest.raises(ConnectionResetError):
            await files.write(path, cut())
    with pytest.raises(ConnectionResetError):
        await files.unpack("new/folder", cut())
    assert tree(home) == {"old.txt": "old"}


async def test_a_cancelled_upload_leaves_nothing_and_no_descriptor(files: Files, home: Path) -> None:
    started = asyncio.Event()

    async def stall() -> AsyncIterator[bytes]:
        yield b"x" * 2_000_000
        started.set()
        await asyncio.Event().wait()

    before = descriptors()
    task = asyncio.create_task(files.write("a/b", stall()))
    async with asyncio.timeout(5):
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert tree(home) == {}
    assert descriptors() == before


async def test_readers_of_the_old_file_keep_it(files: Files, home: Path) -> None:
    (home / "f").write_text("old")
    reader = await files.open("f")
    await files.write("f", chunks(b"new content"))
    assert reader.read(0, 100) == b"old"
    assert reader.read(1, 1) == b"l"
    reader.close()
    again = await files.open("f")
    assert again.read(0, 100) == b"new content"
    assert again.tag != reader.tag
    again.close()


async def test_a_replaced_file_keeps_its_mode(files: Files, home: Path) -> None:
    (home / "run.sh").touch(0o750)
    await files.write("run.sh", chunks(b"#!"))
    assert stat.S_IMODE((home / "run.sh").stat().st_mode) == 0o750


async def test_a_new_file_has_the_mode_that_the_mask_leaves(files: Files, home: Path) -> None:
    before = os.umask(0o027)
    try:
        await files.write("new", chunks(b"x"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((home / "new").stat().st_mode) == 0o640


async def test_writing_through_a_link_keeps_the_link(files: Files, home: Path) -> None:
    (home / "real").write_text("old")
    (home / "link").symlink_to("real")
    (home / "dangling").symlink_to("made")
    await files.write("link", chunks(b"new"))
    await files.write("dangling", chunks(b"x"))
    assert tree(home) == {"dangling": "-> made", "link": "-> real", "made": "x", "real": "new"}


async def test_of_two_writers_one_wins_whole(files: Files, home: Path) -> None:
    await asyncio.gather(*(files.write("f", chunks(*[text * 100_000] * 9)) for text in (b"a", b"b", b"c", b"d")))
    content = (home / "f").read_text()
    assert len(content) == 900_000
    assert len(set(content)) == 1
    assert list(tree(home)) == ["f"]


def test_a_draft_works_where_files_need_names(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox_agent.runtime.files.drafts._TMPFILE", None)
    folder = os.open(home, os.O_RDONLY)
    draft = Draft(folder)
    draft.write(b"text")
    assert len(tree(home)) == 1
    draft.publish("f")
    draft.discard()
    dropped = Draft(folder)
    dropped.discard()
    dropped.discard()
    os.close(folder)
    assert tree(home) == {"f": "text"}


if hasattr(os, "O_TMPFILE"):

    def test_a_killed_writer_leaves_nothing(home: Path) -> None:
        script = (
            "import os, signal, sys; from sandbox_agent.runtime.files.drafts import Draft\n"
            "draft = Draft(os.open(sys.argv[1], os.O_RDONLY)); draft.write(b'x' * 100_000)\n"
            "os.kill(os.getpid(), signal.SIGKILL)"
        )
        ended = subprocess.run([sys.executable, "-c", script, str(home)], check=False, timeout=60)
        assert ended.returncode == -signal.SIGKILL
        assert tree(home) == {}


async def test_a_file_can_be_deleted_and_a_link_without_what_it_leads_to(files: Files, home: Path) -> None:
    (home / "folder").mkdir()
    (home / "folder/file").write_text("x")
    (home / "link").symlink_to("folder")
    assert (await files.delete("link", recursive=True)).path == f"{home}/link"
    await files.delete("folder/file")
    await files.delete("folder")
    assert tree(home) == {}


async def test_a_folder_that_is_not_empty_is_deleted_only_when_asked_for(files: Files, home: Path) -> None:
    (home / "outside").mkdir()
    (home / "outside/precious").write_text("x")
    (home / "a/b").mkdir(parents=True)
    (home / "a/b/link").symlink_to("../../outside")
    with pytest.raises(StreamError, match="directory is not empty"):
        await files.delete("a")
    await files.delete("a", recursive=True)
    assert tree(home) == {"outside": "/", "outside/precious": "x"}


async def test_the_base_and_the_root_are_not_deleted(files: Files, jailed: Files, home: Path) -> None:
    for path in (".", "", "./"):
        with pytest.raises(InvalidRequest):
            await files.delete(path, recursive=True)
    with pytest.raises(InvalidRequest, match="the root cannot be deleted"):
        await jailed.delete(str(home), recursive=True)
    with pytest.raises(InvalidRequest, match="the root cannot be deleted"):
        await files.delete("/", recursive=True)
    assert tree(home.parent) == {home.name: "/"}


async def test_a_tree_deeper_than_any_path_can_be_deleted(files: Files, home: Path) -> None:
    (home / "top").mkdir()
    folder = os.open(home / "top", os.O_RDONLY)
    for _ in range(3_000):
        os.mkdir("deep", dir_fd=folder)
        inner = os.open("deep", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    await files.delete("top", recursive=True)
    assert tree(home) == {}


async def test_a_folder_can_be_made_twice(files: Files, home: Path) -> None:
    (home / "link").symlink_to("a")
    for _ in range(2):
        assert (await files.mkdir("a/b/c")).path == f"{home}/a/b/c"
    await files.mkdir("link")
    assert tree(home) == {"a": "/", "a/b": "/", "a/b/c": "/", "link": "-> a"}


async def test_a_session_has_its_own_base(files: Files, tmp_path: Path, home: Path) -> None:
    (tmp_path / "project").mkdir()
    await files.write("f", chunks(b"x"), str(tmp_path / "project"))
    assert tree(tmp_path / "project") == {"f": "x"}
    assert tree(home) == {}


async def test_a_name_too_long_is_a_bad_request(files: Files) -> None:
    with pytest.raises(InvalidRequest, match="path is too long"):
        await files.write("x" * 300, chunks(b"x"))
    with pytest.raises(ApiError):
        await files.stat("x/" * 3000)


async def test_a_jail_has_its_own_base(home: Path) -> None:
    (home / "jail").mkdir()
    files = make(home, root=home / "jail")
    await files.write("f", chunks(b"x"))
    assert tree(home) == {"jail": "/", "jail/f": "x"}


async def test_no_call_leaves_the_jail(jailed: Files, home: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("secret")
    (home / "door").symlink_to("../outside")
    (home / "window").symlink_to("../outside/secret")
    (home / "mine").write_text("x")
    before = tree(tmp_path / "outside")
    for path in ("door/secret", "door/x", f"{tmp_path}/outside/secret", f"{home}/../outside/secret", f"{home}/door/x"):
        for call in (
            jailed.entries(path),
            jailed.stat(path),
            jailed.open(path),
            jailed.write(path, chunks(b"evil")),
            jailed.delete(path, recursive=True),
            jailed.mkdir(f"{path}/new"),
            jailed.move(path, "got"),
            jailed.move("mine", path, overwrite=True),
            jailed.unpack(path, chunks(b"")),
        ):
            with pytest.raises(PermissionDenied) as caught:
                await call
            assert "outside the file root" in caught.value.details["message"]
    for follow in (jailed.open("window"), jailed.stat("window"), jailed.entries("door")):
        with pytest.raises(PermissionDenied):
            await follow
    with pytest.raises(PermissionDenied):
        await jailed.write("window", chunks(b"evil"))
    assert tree(tmp_path / "outside") == before
    assert tree(home) == {"door": "-> ../outside", "mine": "x", "window": "-> ../outside/secret"}


async def test_a_session_outside_the_jail_has_no_files(jailed: Files, tmp_path: Path) -> None:
    with pytest.raises(PermissionDenied):
        await jailed.entries(".", str(tmp_path))
