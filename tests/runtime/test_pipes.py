from __future__ import annotations

import asyncio
import os
from io import FileIO

import pytest

from sandbox_agent.adapter.frames import LineSplitter, LineTooLong
from sandbox_agent.runtime.pipes import CHUNK, Reader, Writer

from .ear import eventually

pytestmark = pytest.mark.anyio


def pipe() -> tuple[FileIO, FileIO]:
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    return FileIO(read), FileIO(write, "w")


async def settle() -> None:
    """Let the loop look at its descriptors once or twice."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_a_chunk_may_be_cut_at_every_byte() -> None:
    data = 'ä€\r\n\n{"a":"𝄞\u2028"}\n'.encode()
    for cut in range(1, len(data)):
        splitter, lines = LineSplitter(), list[bytes | LineTooLong]()
        out, into = pipe()
        parts: list[bytes] = []
        reader = Reader(out, parts.append)
        into.write(data[:cut])
        await settle()
        into.write(data[cut:])
        reader.finish()
        for part in parts:
            lines += splitter.feed(part)
        assert [len(part) for part in parts] == [cut, len(data) - cut]
        into.close()
        assert lines == ["ä€".encode(), '{"a":"𝄞\u2028"}'.encode()]


async def test_finish_takes_what_is_there_and_closes_although_the_other_end_is_open() -> None:
    parts: list[bytes] = []
    out, into = pipe()
    reader = Reader(out, parts.append)
    reader.pause()
    into.write(b"rest")
    reader.finish()
    reader.finish()
    reader.resume()
    assert parts == [b"rest"]
    assert out.closed
    into.close()


async def test_a_paused_reader_leaves_all_in_the_pipe() -> None:
    parts: list[bytes] = []
    out, into = pipe()
    reader = Reader(out, parts.append)
    reader.pause()
    into.write(b"one")
    await settle()
    assert parts == []
    reader.resume()
    await eventually(lambda: parts == [b"one"])
    into.close()
    await eventually(lambda: out.closed)


async def test_bytes_wait_until_the_other_side_reads() -> None:
    data = os.urandom(3 * CHUNK)
    parts: list[bytes] = []
    out, into = pipe()
    writer = Writer(into)
    writer.send(data)
    writer.send(b"")
    writer.send(b"end")
    reader = Reader(out, parts.append)
    await eventually(lambda: sum(map(len, parts)) == len(data) + 3)
    assert b"".join(parts) == data + b"end"
    writer.close()
    writer.close()
    writer.send(b"late")
    await eventually(lambda: out.closed)
    reader.close()


async def test_closing_drops_what_waits() -> None:
    out, into = pipe()
    writer = Writer(into)
    writer.send(b"x" * CHUNK)
    writer.close()
    assert into.closed
    out.close()


async def test_a_broken_pipe_closes_quietly() -> None:
    out, into = pipe()
    writer = Writer(into)
    out.close()
    writer.send(b"x")
    assert into.closed
