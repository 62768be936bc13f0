"""What OpenCode's clients hear: one bounded log of all sessions, and the streams that read it by position."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox_agent.schema.base import encode
from sandbox_agent.server.asgi import Header, Receive, Send, disconnected
from sandbox_agent.server.metrics import Metrics
from sandbox_agent.server.opencode.shapes import Json, News
from sandbox_agent.server.stream import stream

__all__ = ["ENTRIES", "Feed", "FeedStream"]

ENTRIES = 4096
"""Events that are kept for who comes back; the 0.1.x contract says how many."""
_BYTES = 64 * 1024 * 1024
"""And at most so much of them."""
_LAGGED = b": lagged\n\n"
_PIECE = 200


@dataclass(frozen=True, slots=True)
class _Entry:
    number: int
    directory: str | None
    """None: it concerns everybody."""
    project: str
    payload: bytes


class Feed:
    """Events of all sessions, numbered from 1."""

    def __init__(self) -> None:
        self.last = 0
        self._entries: deque[_Entry] = deque()
        self._bytes = 0
        self._news = asyncio.Event()

    def add(self, news: News, directory: str | None = None, project: str = "global") -> None:
        """Tell everybody. `directory`: of the session it is about."""
        self.last += 1
        entry = _Entry(self.last, directory, project, _payload(f"evt_{self.last:012x}", news))
        self._entries.append(entry)
        self._bytes += len(entry.payload)
        while len(self._entries) > ENTRIES or (self._bytes > _BYTES and len(self._entries) > 1):
            self._bytes -= len(self._entries.popleft().payload)
        self._news.set()
        self._news = asyncio.Event()

    @property
    def first(self) -> int:
        """The oldest number that is kept."""
        return self.last - len(self._entries) + 1

    def after(self, position: int, count: int = _PIECE) -> list[_Entry]:
        """Entries with a higher number; those that are kept."""
        skip = max(0, position - self.first + 1)
        return list(itertools.islice(self._entries, skip, skip + count))

    async def more(self, position: int) -> None:
        """Return when there is something after a position."""
        while self.last <= position:
            await self._news.wait()


def _payload(id: str, news: News) -> bytes:
    return encode({"id": id, "type": news.type, "properties": news.properties})


class FeedStream:
    """A response that follows the feed. `wrapped`: as `/global/event` does it, with the directory around the event."""

    status = 200

    def __init__(  # noqa: PLR0913 - what one stream is
        self,
        feed: Feed,
        position: int,
        *,
        directory: str | None,
        wrapped: bool,
        hello: Sequence[News],
        beat: float,
        stop: asyncio.Event,
        metrics: Metrics,
    ) -> None:
        self._feed = feed
        self._position = position
        self._directory = directory
        self._wrapped = wrapped
        self._hello = hello
        self._beat = beat
        self._stop = stop
        self._metrics = metrics

    async def send(self, receive: Receive, send: Send, extra: Sequence[Header], *, head: bool) -> None:
        """See `Response`. Ends when the client is gone or the daemon stops."""

        async def frames() -> None:
            with self._metrics.stream():
                await self._follow(receive, send)

        hello = b"".join(self._own(news) for news in self._hello)
        await stream(send, extra, frames, head=head, hello=hello)

    async def _follow(self, receive: Receive, send: Send) -> None:
        leaving = [asyncio.create_task(disconnected(receive)), asyncio.create_task(_until(self._stop))]
        try:
            while not any(task.done() for task in leaving):
                chunk = self._next()
                if chunk:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                elif self._position >= self._feed.last and not await self._wait(leaving):
                    beat = self._own(News("server.heartbeat", {}))
                    await send({"type": "http.response.body", "body": beat, "more_body": True})
        finally:
            for task in leaving:
                task.cancel()
            await asyncio.gather(*leaving, return_exceptions=True)

    async def _wait(self, leaving: list[asyncio.Task[None]]) -> bool:
        """Whether something happened before the heart has to beat."""
        more = asyncio.create_task(self._feed.more(self._position))
        try:
            done, _ = await asyncio.wait([more, *leaving], timeout=self._beat, return_when=asyncio.FIRST_COMPLETED)
            return bool(done)
        finally:
            more.cancel()

    def _next(self) -> bytes:
        """The next frames; a comment where some were lost."""
        lagged = _LAGGED if self._position + 1 < self._feed.first else b""
        entries = self._feed.after(self._position)
        if entries:
            self._position = entries[-1].number
        shown = (each for each in entries if self._directory in (None, each.directory) or each.directory is None)
        return lagged + b"".join(self._frame(each) for each in shown)

    def _frame(self, entry: _Entry) -> bytes:
        body = entry.payload
        if self._wrapped and entry.directory is not None:
            around: Json = {"directory": entry.directory, "project": entry.project}
            body = b'%b,"payload":%b}' % (encode(around)[:-1], body)
        elif self._wrapped:
            body = b'{"payload":%b}' % body
        return b"id: %d\ndata: %b\n\n" % (entry.number, body)

    def _own(self, news: News) -> bytes:
        """A frame for this reader alone; it has no id."""
        body = _payload("evt_000000000000", news)
        return b"data: %b\n\n" % (b'{"payload":%b}' % body if self._wrapped else body)


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()
