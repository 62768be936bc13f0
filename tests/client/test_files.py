"""Files through both clients, against a real server."""

from __future__ import annotations

import io
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox_agent import AsyncSandboxAgent, AsyncSession, InvalidRequest, SandboxAgent
from sandbox_agent.client.spawn import Daemon

pytestmark = pytest.mark.anyio
BIG = bytes(range(256)) * 8192


@pytest.fixture
async def session(client: AsyncSandboxAgent, tmp_path: Path) -> AsyncIterator[AsyncSession]:
    session = await client.create_session(str(tmp_path), agent="mock", directory=tmp_path)
    yield session
    await session.delete()


async def test_what_is_written_is_read_whole_and_in_pieces(session: AsyncSession, tmp_path: Path) -> None:
    local = tmp_path / "local.bin"
    local.write_bytes(BIG)
    for content in (BIG, local, io.BytesIO(BIG), iter([BIG[:100], BIG[100:]])):
        written = await session.files.write("deep/copy.bin", content)
        assert (written.bytes_written, Path(written.path)) == (len(BIG), tmp_path / "deep" / "copy.bin")
        assert await session.files.read("deep/copy.bin") == BIG
        await session.files.delete("deep", recursive=True)
    await session.files.write("text.txt", "grüße\n")
    assert (tmp_path / "text.txt").read_text("utf-8") == "grüße\n"


async def test_a_download_appears_whole_or_not_at_all(session: AsyncSession, tmp_path: Path) -> None:
    await session.files.write("remote.bin", BIG)
    await session.files.download("remote.bin", tmp_path / "here.bin")
    assert (tmp_path / "here.bin").read_bytes() == BIG
    with pytest.raises(InvalidRequest, match="not found"):
        await session.files.download("nothing.bin", tmp_path / "never.bin")
    assert sorted(entry.name for entry in await session.files.entries()) == ["here.bin", "remote.bin"]


async def test_folders_are_made_moved_listed_and_removed(session: AsyncSession) -> None:
    files = session.files
    await files.mkdir("a/b")
    await files.write("a/b/one.txt", "1")
    await files.move("a/b/one.txt", "a/two.txt")
    assert [(entry.name, entry.entry_type) for entry in await files.entries("a")] == [
        ("b", "directory"),
        ("two.txt", "file"),
    ]
    assert (await files.stat("a/two.txt")).size == 1
    await files.write("three.txt", "3")
    with pytest.raises(InvalidRequest, match="already exists"):
        await files.move("three.txt", "a/two.txt")
    await files.move("three.txt", "a/two.txt", overwrite=True)
    assert await files.read("a/two.txt") == b"3"
    await files.delete("a", recursive=True)
    assert [entry.name for entry in await files.entries()] == []


async def test_an_archive_is_unpacked(session: AsyncSession) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        member = tarfile.TarInfo("src/main.py")
        member.size = 4
        tar.addfile(member, io.BytesIO(b"pass"))
    archive.seek(0)
    unpacked = await session.files.unpack(archive, "work")
    assert not unpacked.truncated
    assert await session.files.read("work/src/main.py") == b"pass"


def test_pieces_come_as_they_are_read(daemon: Daemon, tmp_path: Path) -> None:
    (tmp_path / "big.bin").write_bytes(BIG * 4)
    with SandboxAgent.connect(daemon.base_url, token=daemon.token) as client:
        with client.files.stream(str(tmp_path / "big.bin")) as pieces:
            sizes = [len(piece) for piece in pieces]
        assert sum(sizes) == len(BIG) * 4
        assert len(sizes) > 4


async def test_asyncio_sends_and_gets_pieces(daemon: Daemon, tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield BIG
        yield BIG

    path = str(tmp_path / "big.bin")
    async with AsyncSandboxAgent.connect(daemon.base_url, token=daemon.token) as client:
        await client.files.write(path, pieces())
        async with client.files.stream(path) as got:
            assert b"".join([piece async for piece in got]) == BIG * 2
