"""A page of events as JSON, sent in pieces so that a long history needs neither its size in memory nor the loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sandbox_agent.runtime.log import Log
from sandbox_agent.server.asgi import Header, Receive, Send
from sandbox_agent.server.query import Page
from sandbox_agent.server.sse import LOG_HEADER

__all__ = ["EventHistory"]

PIECE = 1_000
"""Events in one write."""


class EventHistory:
    """A response of the shape of `EventPage`; shows the log as it was when it was made."""

    status = 200

    def __init__(self, log: Log, page: Page) -> None:
        self._log = log
        self._first = min(page.offset, log.last)
        pending = log.last - self._first
        self._count = pending if page.limit is None else min(pending, page.limit)
        self._more = page.limit is not None and self._count < pending
        self._raw = page.include_raw

    async def send(self, receive: Receive, send: Send, extra: Sequence[Header], *, head: bool) -> None:  # noqa: ARG002 - see `Response`
        """See `Response`."""
        headers: list[Header] = [(b"content-type", b"application/json"), (LOG_HEADER, self._log.id.encode()), *extra]
        pieces = list(self._offsets())
        start = {"type": "http.response.start", "status": self.status, "headers": headers}
        if len(pieces) <= 1:
            body = self._wrap(b"".join(self._piece(*each) for each in pieces))
            headers.append((b"content-length", b"%d" % len(body)))
            await send(start)
            await send({"type": "http.response.body", "body": b"" if head else body})
            return
        await send(start)
        before = b'{"events":['
        for offset, count in () if head else pieces:
            body = before + self._piece(offset, count)
            await send({"type": "http.response.body", "body": body, "more_body": True})
            before = b","
        await send({"type": "http.response.body", "body": b"" if head else self._end()})

    def _offsets(self) -> Iterator[tuple[int, int]]:
        for offset in range(self._first, self._first + self._count, PIECE):
            yield offset, min(PIECE, self._first + self._count - offset)

    def _piece(self, offset: int, count: int) -> bytes:
        array, _more = self._log.page(offset, count, raw=self._raw)
        return array[1:-1]

    def _wrap(self, events: bytes) -> bytes:
        return b'{"events":[' + events + self._end()

    def _end(self) -> bytes:
        return b'],"hasMore":%b}' % (b"true" if self._more else b"false")
