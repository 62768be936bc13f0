"""A file as a response: sent in pieces, read in a thread, whole or a range."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from email.utils import formatdate
from http import HTTPStatus

from sandbox_agent.runtime.files import Reader, in_thread
from sandbox_agent.server.asgi import Header, Receive, Send, disconnected, header
from sandbox_agent.server.ranges import byte_range

__all__ = ["Download"]

_PIECE = 1024 * 1024


class Download:
    """Sends an open file and closes it. Raises `Unsatisfiable` for a range with nothing in it."""

    def __init__(self, reader: Reader, headers: Sequence[Header]) -> None:
        self._reader = reader
        self._tag = f'"{reader.tag}"'
        part = self._part(headers)
        self._begin, self._end = part or (0, reader.size)
        self.status = HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT

    def _part(self, headers: Sequence[Header]) -> tuple[int, int] | None:
        wanted = header(headers, b"range")
        condition = header(headers, b"if-range")
        if wanted is None or (condition is not None and condition.decode("latin-1") != self._tag):
            return None
        return byte_range(wanted.decode("latin-1"), self._reader.size)

    async def send(self, receive: Receive, send: Send, extra: Sequence[Header], *, head: bool) -> None:
        """See `Response`. Stops when the client is gone."""
        gone = asyncio.ensure_future(disconnected(receive))
        try:
            await send({"type": "http.response.start", "status": self.status, "headers": [*self._headers(), *extra]})
            if head:
                await send({"type": "http.response.body", "body": b""})
            else:
                await self._send_content(send, gone)
        finally:
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone
            await in_thread(self._reader.close)

    async def _send_content(self, send: Send, gone: asyncio.Future[None]) -> None:
        """Files of systems like /proc say they are empty and are not: without a known size it goes on to the end."""
        at, end = self._begin, self._end if self._sized else None
        while not gone.done() and (end is None or at < end):
            piece = await in_thread(self._reader.read, at, _PIECE if end is None else min(_PIECE, end - at))
            if not piece:
                break
            at += len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if end is None or at == end:  # else it was cut shorter meanwhile: the client must see that
            await send({"type": "http.response.body", "body": b""})

    @property
    def _sized(self) -> bool:
        return self._reader.size > 0

    def _headers(self) -> list[Header]:
        headers = [
            (b"content-type", b"application/octet-stream"),
            (b"accept-ranges", b"bytes"),
            (b"etag", self._tag.encode()),
            (b"last-modified", formatdate(max(self._reader.modified, 0), usegmt=True).encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        if self._sized:
            headers.append((b"content-length", b"%d" % (self._end - self._begin)))
        if self.status == HTTPStatus.PARTIAL_CONTENT:
            headers.append((b"content-range", b"bytes %d-%d/%d" % (self._begin, self._end - 1, self._reader.size)))
        return headers
