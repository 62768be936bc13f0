"""The server's side of a WebSocket (RFC 6455), as much of it as a client on loopback needs: text, ping, close.

A library would do this too, but would be one more dependency of a kit that people install with the daemon.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
from typing import NamedTuple

__all__ = ["MAGIC", "WebSocket", "accept_key"]

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_FINAL, _MASKED, _OPCODE, _LENGTH = 0x80, 0x80, 0x0F, 0x7F
_SHORT, _MEDIUM = 125, 0xFFFF
_MAX_MESSAGE = 64 * 1024 * 1024


def accept_key(key: str) -> str:
    """The answer to a client's `Sec-WebSocket-Key`."""
    digest = hashlib.sha1(key.encode() + MAGIC.encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


class _Frame(NamedTuple):
    final: bool
    opcode: int
    data: bytes


class WebSocket:
    """An open connection, its handshake done."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def receive(self) -> str | None:
        """The next text message, None when the client has gone."""
        parts: list[bytes] = []
        while (frame := await self._read()) is not None:
            match frame.opcode:
                case 0x8:
                    self._write(_CLOSE, frame.data[:2])
                    return None
                case 0x9:
                    self._write(_PONG, frame.data)
                case 0xA:
                    pass
                case _:
                    parts.append(frame.data)
                    if sum(map(len, parts)) > _MAX_MESSAGE:
                        return None
                    if frame.final:
                        return b"".join(parts).decode(errors="replace")
        return None

    async def send(self, text: str) -> None:
        """Send a text message; nothing happens when the client has gone."""
        self._write(_TEXT, text.encode())
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    def abort(self) -> None:
        """Break the connection."""
        self._writer.transport.abort()

    async def _read(self) -> _Frame | None:
        try:
            first, second = await self._reader.readexactly(2)
            length = second & _LENGTH
            if length > _SHORT:
                length = int.from_bytes(await self._reader.readexactly(2 if length == _SHORT + 1 else 8))
            if length > _MAX_MESSAGE:
                return None
            mask = await self._reader.readexactly(4) if second & _MASKED else b""
            data = await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        return _Frame(bool(first & _FINAL), first & _OPCODE, _unmasked(data, mask))

    def _write(self, opcode: int, data: bytes) -> None:
        if len(data) <= _SHORT:
            length = bytes((len(data),))
        elif len(data) <= _MEDIUM:
            length = bytes((_SHORT + 1,)) + len(data).to_bytes(2)
        else:
            length = bytes((_SHORT + 2,)) + len(data).to_bytes(8)
        if not self._writer.is_closing():
            self._writer.write(bytes((_FINAL | opcode,)) + length + data)


def _unmasked(data: bytes, mask: bytes) -> bytes:
    if not mask or not data:
        return data
    repeated = (mask * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data) ^ int.from_bytes(repeated)).to_bytes(len(data))
