"""Event streams: from positions in a log to bytes on a connection.

A stream holds no queue: it sends what the log has after its offset, joined, and waits. A reader that stalls waits in
its own connection and keeps nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox_agent.runtime.log import Log
from sandbox_agent.schema.errors import InvalidRequest
from sandbox_agent.server.asgi import Header, Receive, Send, disconnected
from sandbox_agent.server.metrics import Metrics
from sandbox_agent.server.stream import COMMENT, stream

__all__ = ["LOG_HEADER", "QUICKEST", "TURN_STREAM_ENDS", "EventStream", "Pulse", "pulse"]

LOG_HEADER = b"sandbox-agent-log"
"""Carries the id of the log that is read, so that a reader who comes back notices when it is another one (additive)."""
QUICKEST = 100
"""Milliseconds between two heartbeats, at least."""
_SLOWEST = 3600.0
"""Seconds."""

TURN_STREAM_ENDS = frozenset(
    {"turn.ended", "session.ended", "error", "agent.unparsed", "permission.requested", "question.requested"}
)
"""The stream of one turn ends right after the first of these. Source: the 0.1.x contract."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a stream breaks its silence.

    With comments; or, because some proxies and parsers do not count those as life, with events named `heartbeat`,
    which have no id and are in no log.
    """

    seconds: float
    """Of silence."""
    events: bool = False


def pulse(keep_alive: float, heartbeat_ms: int | None) -> Pulse:
    """Comments every `keep_alive` seconds unless the client wishes for heartbeats. Raises `InvalidRequest`."""
    if heartbeat_ms is None:
        return Pulse(keep_alive)
    if heartbeat_ms < QUICKEST:
        raise InvalidRequest(f"query parameter heartbeatMs: {heartbeat_ms} is less than {QUICKEST}")
    return Pulse(min(heartbeat_ms / 1000, _SLOWEST), events=True)


class EventStream:
    """A response that follows a log.

    `offset` is where to begin, or a future that says so (a queued message's turn). With `ends` the stream is over
    after the first event of one of those types; without, it is over when the log is given up.
    """

    status = 200

    def __init__(
        self,
        log: Log,
        offset: int | asyncio.Future[int],
        *,
        pulse: Pulse,
        metrics: Metrics,
        raw: bool = False,
        ends: frozenset[str] = frozenset(),
    ) -> None:
        self._log = log
        self._offset = offset
        self._raw = raw
        self._ends = ends
        self._pulse = pulse
        self._metrics = metrics
        self._sent = 0
        self._writing = asyncio.Lock()
        self._last_sent = 0.0

    async def send(self, receive: Receive, send: Send, extra: Sequence[Header], *, head: bool) -> None:
        """See `Response`. Ends at once when the client is gone."""

        async def frames() -> None:
            with self._metrics.stream():
                await self._follow(receive, send)

        await stream(send, [(LOG_HEADER, self._log.id.encode()), *extra], frames, head=head)

    async def _follow(self, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        self._last_sent = loop.time()
        pump = loop.create_task(self._pump(send))
        gone = loop.create_task(disconnected(receive))
        try:
            while not (pump.done() or gone.done()):
                silence = loop.time() - self._last_sent
                if silence < self._pulse.seconds:
                    wait = self._pulse.seconds - silence
                    await asyncio.wait((pump, gone), timeout=wait, return_when=asyncio.FIRST_COMPLETED)
                elif self._writing.locked():  # stalled in a write, so the connection is anything but silent
                    self._last_sent = loop.time()
                else:
                    await self._write(send, self._beat())
        finally:
            await _end(pump, gone)
        if pump.done() and not pump.cancelled():
            pump.result()

    async def _pump(self, send: Send) -> None:
        offset = await self._begin()
        if offset is None:
            return
        self._sent = offset
        log, stop = self._log, None
        while True:
            while offset < log.last:
                if self._ends and stop is None:
                    stop = log.find(offset, self._ends)
                chunk, following = log.sse(offset, raw=self._raw)
                if stop is not None and following >= stop:
                    await self._write(send, _until(chunk, following, stop))
                    return
                await self._write(send, chunk)
                offset = self._sent = following
                if offset < log.last:
                    await asyncio.sleep(0)  # a long history must not keep the loop to itself
            if log.closed:
                return
            await log.wait(offset)

    async def _begin(self) -> int | None:
        """Where to begin; None when the message was withdrawn before its turn."""
        if isinstance(self._offset, int):
            return self._offset
        await asyncio.wait((self._offset,))
        return None if self._offset.cancelled() else self._offset.result()

    def _beat(self) -> bytes:
        if not self._pulse.events:
            return COMMENT
        return b'event: heartbeat\ndata: {"type":"heartbeat","offset":%d}\n\n' % self._sent

    async def _write(self, send: Send, chunk: bytes) -> None:
        async with self._writing:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            self._last_sent = asyncio.get_running_loop().time()


def _until(chunk: bytes, last: int, stop: int) -> bytes:
    """The frames of `chunk` up to and with sequence `stop`. A frame's JSON has no line break, so the cut is exact."""
    if last == stop:
        return chunk
    return chunk[: chunk.index(b"\n\nid: %d\n" % (stop + 1)) + 2]


async def _end(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)
