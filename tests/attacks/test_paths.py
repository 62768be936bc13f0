"""Every endpoint that takes a path, with a file root, and everything that may lead out of it."""

from __future__ import annotations

import asyncio
import gzip
import io
import os
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio
SECRET = "the-secret"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    (folder / "sub").mkdir(parents=True)
    (folder / "secret").write_text(SECRET)
    return folder


@pytest.fixture
def root(tmp_path: Path, outside: Path) -> Path:
    root = tmp_path / "root"
    (root / "a" / "b").mkdir(parents=True)
    (root / "file").write_text("fine")
    (root / "out").symlink_to(outside)
    (root / "up").symlink_to("..")
    (root / "leak").symlink_to(outside / "secret")
    (root / "a" / "chain").symlink_to("../up")
    (root / "proc").symlink_to("/proc/self/root")
    return root


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text() if path.is_file() else "/" for path in sorted(folder.rglob("*"))
    }


def escapes(root: Path, outside: Path) -> list[str]:
    return [
        str(outside / "secret"),
        f"{root}/../outside/secret",
        f"{root}/a/../../outside/secret",
        f"//{outside}/secret",
        "../outside/secret",
        "a/../../outside/secret",
        "a/b/../../../outside/secret",
        "./../outside/secret",
        "out/secret",
        "leak",
        "up/outside/secret",
        "a/chain/outside/secret",
        f"proc{outside}/secret",
        "/etc/passwd",
        "/proc/self/environ",
        "/dev/sda",
        f"{root}2/secret",
    ]


Call = Callable[[str], dict[str, Any]]
CALLS: dict[str, Call] = {
    "read": lambda path: {"method": "GET", "url": "/v1/fs/file", "params": {"path": path}},
    "stat": lambda path: {"method": "GET", "url": "/v1/fs/stat", "params": {"path": path}},
    "entries": lambda path: {"method": "GET", "url": "/v1/fs/entries", "params": {"path": path}},
    "write": lambda path: {"method": "PUT", "url": "/v1/fs/file", "params": {"path": path}, "content": b"x"},
    "mkdir": lambda path: {"method": "POST", "url": "/v1/fs/mkdir", "params": {"path": path}},
    "delete": lambda path: {"method": "DELETE", "url": "/v1/fs/entry", "params": {"path": path, "recursive": "true"}},
    "move from": lambda path: {"method": "POST", "url": "/v1/fs/move", "json": {"from": path, "to": "stolen"}},
    "move to": lambda path: {
        "method": "POST",
        "url": "/v1/fs/move",
        "json": {"from": "file", "to": path, "overwrite": True},
    },
    "unpack": lambda path: {
        "method": "POST",
        "url": "/v1/fs/upload-batch",
        "params": {"path": path},
        "headers": {"content-type": "application/x-tar"},
        "content": archive(plain("x", b"x")),
    },
    "attach": lambda path: {
        "method": "POST",
        "url": "/v1/sessions/s/messages",
        "json": {"message": "look", "attachments": [{"path": path}]},
    },
    "directory": lambda path: {
        "method": "POST",
        "url": "/v1/sessions/other",
        "json": {"agent": "mock", "directory": path.removesuffix("/secret")},
    },
}


@pytest.mark.parametrize("name", CALLS)
async def test_nothing_leads_out_of_the_file_root(serve: Any, root: Path, outside: Path, name: str) -> None:
    before = tree(outside)
    itself = name in {"delete", "move from", "move to"}  # these are about a link, not about what it leads to
    async with serve(fs_root=root) as running:
        await running.create()
        for path in escapes(root, outside):
            if path == "leak" and itself:
                continue
            response = await running.client.request(**CALLS[name](path))
            assert response.status_code in {400, 403}, (path, response.text)
            assert SECRET not in response.text
        assert tree(outside) == before
        assert SECRET not in str(await running.events())


@pytest.mark.parametrize("name", CALLS)
async def test_a_path_that_makes_no_sense_is_a_problem(serve: Any, root: Path, name: str) -> None:
    async with serve(fs_root=root) as running:
        await running.create()
        for path in ["a\0b", "\0", "x" * 5000, "/" * 3000 + "..", "a/" * 3000 + "b", "~/x", "file/x", "\ud7ff" * 300]:
            response = await running.client.request(**CALLS[name](path))
            assert response.status_code < 503
            assert response.status_code != 500, (path[:20], response.text)


@pytest.fixture
def swapping(root: Path, outside: Path) -> Iterator[None]:
    """A folder of the root that is now a folder and now a link to the outside, as fast as the system can."""
    done = threading.Event()
    (root / "real").mkdir()
    (root / "real" / "secret").write_text("fine")
    (root / "link").symlink_to(outside)
    (root / "x").symlink_to("real")

    def swap() -> None:
        while not done.is_set():
            for target in ("link", "real"):
                (root / "new").symlink_to(target)
                os.replace(root / "new", root / "x")  # noqa: PTH105 - the system call is what is meant

    thread = threading.Thread(target=swap)
    thread.start()
    yield
    done.set()
    thread.join()


@pytest.mark.usefixtures("swapping")
async def test_a_folder_that_is_swapped_for_a_link_meanwhile_leads_nowhere(
    serve: Any, root: Path, outside: Path
) -> None:
    before = tree(outside)
    seen: set[int] = set()
    async with serve(fs_root=root) as running:
        await running.create()
        for number in range(60):
            answers: list[httpx.Response] = await asyncio.gather(
                running.client.get("/v1/fs/file", params={"path": "x/secret"}),
                running.client.put("/v1/fs/file", params={"path": f"x/new-{number}"}, content=b"x"),
                running.client.post("/v1/fs/mkdir", params={"path": f"x/folder-{number}"}),
                running.say("look", attachments=[{"path": "x/secret"}], delivery="queue"),
            )
            seen |= {each.status_code for each in answers}
            assert all(SECRET not in each.text for each in answers)
        assert {200, 403} <= seen <= {200, 400, 403}
        assert SECRET not in str(await running.events(includeRaw="true"))
    assert tree(outside) == before


def plain(name: str, data: bytes = b"", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def huge(size: int) -> bytes:
    info = tarfile.TarInfo("huge")
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


HOSTILE: dict[str, bytes] = {
    "absolute": archive(plain("/etc/evil", b"x")),
    "up": archive(plain("good", b"x"), plain("../evil", b"x")),
    "up in the middle": archive(plain("a/../../evil", b"x")),
    "link out": archive(plain("l", type=tarfile.SYMTYPE, linkname="/etc")),
    "through a link": archive(plain("l", type=tarfile.SYMTYPE, linkname=".."), plain("l/evil", b"x")),
    "through two links": archive(
        plain("d", type=tarfile.DIRTYPE),
        plain("d/l", type=tarfile.SYMTYPE, linkname=".."),
        plain("l", type=tarfile.SYMTYPE, linkname="d/l/.."),
        plain("l/evil", b"x"),
    ),
    "hard link out": archive(plain("l", type=tarfile.LNKTYPE, linkname="../outside/secret")),
    "hard link to a link": archive(
        plain("l", type=tarfile.SYMTYPE, linkname="../outside"), plain("h", type=tarfile.LNKTYPE, linkname="l/secret")
    ),
    "character device": archive(plain("d", type=tarfile.CHRTYPE, devmajor=1, devminor=8)),
    "block device": archive(plain("d", type=tarfile.BLKTYPE, devmajor=8, devminor=0)),
    "pipe": archive(plain("d", type=tarfile.FIFOTYPE)),
    "claims a terabyte": huge(2**40),
    "claims less than nothing": huge(-1),
    "nested gzip": gzip.compress(gzip.compress(archive(plain("a", b"x")))),
    "half": archive(plain("a", b"x" * 5000))[:3000],
    "noise": bytes(range(256)) * 100,
    "long name": archive(plain("n" * 5_000_000, b"x")),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_archive_changes_nothing(serve: Any, root: Path, outside: Path, name: str) -> None:
    before = tree(outside), tree(root / "a")
    async with serve(fs_root=root) as running:
        headers = {"content-type": "application/x-tar"}
        url = "/v1/fs/upload-batch?path=a"
        response = await running.client.post(url, content=HOSTILE[name], headers=headers)
        assert response.status_code in {400, 413}, response.text
        assert response.headers["content-type"] == "application/problem+json"
        assert (tree(outside), tree(root / "a")) == before


async def test_a_gzip_bomb_is_noticed_while_it_is_unpacked(serve: Any, root: Path) -> None:
    info = tarfile.TarInfo("zeros")
    info.size = 65 * 1024**3
    bomb = gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(50 * 1024 * 1024))
    async with serve(fs_root=root) as running:
        url, headers = "/v1/fs/upload-batch?path=a", {"content-type": "application/gzip"}
        response = await running.client.post(url, content=bomb, headers=headers)
        assert response.status_code == 413
        assert "zeros" not in tree(root / "a")
