from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sandbox_agent.testing.amp.websocket import WebSocket, accept_key

pytestmark = pytest.mark.anyio


class Wire:
    """Takes what is written, in the place of a connection."""

    def __init__(self) -> None:
        self.sent = b""
        self.transport = self

    def write(self, data: bytes) -> None:
        self.sent += data

    def is_closing(self) -> bool:
        return False

    async def drain(self) -> None:
        pass


def frame(opcode: int, data: bytes, *, final: bool = True, mask: bytes = b"\1\2\3\4") -> bytes:
    size = bytes((0x80 | len(data),)) if len(data) < 126 else bytes((0x80 | 126,)) + len(data).to_bytes(2)
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
    return bytes((opcode | (0x80 if final else 0),)) + size + mask + masked


def heard(*frames: bytes) -> tuple[WebSocket, Wire]:
    reader, wire = asyncio.StreamReader(), Wire()
    reader.feed_data(b"".join(frames))
    reader.feed_eof()
    writer: Any = wire
    return WebSocket(reader, writer), wire


def test_the_key_is_answered_as_the_standard_shows() -> None:
    assert accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


async def test_texts_are_read_whole_also_in_pieces() -> None:
    socket, _ = heard(frame(1, b"one"), frame(1, b"t", final=False), frame(0, b"wo"), frame(1, b"x" * 300))
    assert [await socket.receive() for _ in range(4)] == ["one", "two", "x" * 300, None]


async def test_a_ping_is_answered_and_a_close_ends_it() -> None:
    socket, wire = heard(frame(9, b"hi"), frame(8, b"\3\xe8"))
    assert await socket.receive() is None
    assert wire.sent == b"\x8a\2hi\x88\2\3\xe8"


@pytest.mark.parametrize(("size", "head"), [(5, b"\x81\5"), (300, b"\x81\x7e\1\x2c"), (70_000, b"\x81\x7f")])
async def test_texts_of_every_size_are_sent(size: int, head: bytes) -> None:
    socket, wire = heard()
    await socket.send("x" * size)
    assert wire.sent.startswith(head)
    assert wire.sent.endswith(b"x" * size)


async def test_a_frame_that_breaks_off_is_the_end() -> None:
    socket, _ = heard(frame(1, b"whole")[:-1])
    assert await socket.receive() is None
