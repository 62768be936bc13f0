"""The history of one session: append-only, encoded once, read by position.

One session writes; any number of readers follow, each with its own offset, and none of them can make another wait or
lose an event. Sequence n is the n-th event. Events are kept as the server-sent frames that most readers want, joined
into blocks, so that a replay is a few slices of large byte strings.
"""

from __future__ import annotations

import asyncio
import secrets
from array import array
from collections.abc import Iterator

from sandbox_agent.adapter.mending import written
from sandbox_agent.schema.events import Event

__all__ = ["Log"]

BLOCK_BYTES = 256 * 1024
_CROWD = 16
"""Readers from which on wake-ups are joined: with fewer, latency matters more than the cost of a wake-up each."""
_JOIN_SECONDS = 0.005
_NULL = b"null}"


class _Block:
    """A run of events. While it is open it grows by frames; sealed, it is one byte string."""

    __slots__ = ("ends", "first", "frames", "joined", "raws", "size", "types")

    def __init__(self, first: int) -> None:
        self.first = first
        self.frames: list[bytes] = []
        self.joined = b""
        self.ends = array("Q")
        self.raws: list[bytes | None] = []
        self.types: list[str] = []
        self.size = 0

    def add(self, frame: bytes, event_type: str, raw: bytes | None) -> None:
        self.frames.append(frame)
        self.size += len(frame)
        self.ends.append(self.size)
        self.raws.append(raw)
        self.types.append(event_type)

    def seal(self) -> None:
        self.joined = b"".join(self.frames)
        self.frames.clear()

    def text(self, start: int, stop: int) -> bytes:
        """The frames from index `start` up to `stop`, joined."""
        if self.frames:
            return b"".join(self.frames[start:stop])
        return self.joined[self.ends[start - 1] if start else 0 : self.ends[stop - 1]]

    def stop_at(self, start: int, limit_bytes: int) -> int:
        """Index after the last whole frame within `limit_bytes` from `start`; at least one frame."""
        base = self.ends[start - 1] if start else 0
        if self.ends[-1] - base <= limit_bytes:
            return len(self.ends)
        low, high = start + 1, len(self.ends)
        while low < high:
            middle = (low + high + 1) // 2
            if self.ends[middle - 1] - base <= limit_bytes:
                low = middle
            else:
                high = middle - 1
        return low

    def json(self, index: int, *, raw: bool) -> bytes:
        """One event as JSON, without the frame around it."""
        frame = self.text(index, index + 1)
        body = frame[frame.index(b"{") : -2]
        said = self.raws[index] if raw else None
        if said is None:
            return body
        return b"".join((body[: -len(_NULL)], said.decode("utf-8", "replace").encode(), b"}"))


class Log:
    """Append and follow. Only the session appends."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(8)
        """Tells this log from the one of an earlier session of the same name."""
        self.last = 0
        """Sequence of the newest event; 0 when there is none."""
        self.ended = False
        """`session.ended` is the newest event: no more will come."""
        self.closed = False
        """The log is given up (session deleted, daemon stopping): readers should leave."""
        self._blocks: list[_Block] = [_Block(1)]
        self._waiters: set[asyncio.Future[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._tail: tuple[int, int, bytes] = (-1, -1, b"")

    @property
    def size(self) -> int:
        """Bytes of the frames; what was kept as `raw` is not in it."""
        return sum(block.size for block in self._blocks)

    def append(self, event: Event, raw: bytes | None) -> None:
        """Add the next event. `raw`: the native line it came from. Call `wake` after the last of a batch."""
        self.add(b"id: %d\ndata: %b\n\n" % (event.sequence, written(event)), event.type, raw)
        if event.type == "session.ended":
            self.ended = True

    def add(self, frame: bytes, event_type: str, raw: bytes | None) -> None:
        """Add the next event as the frame that `append` would make of it."""
        block = self._blocks[-1]
        if block.size >= BLOCK_BYTES:
            block.seal()
            block = _Block(self.last + 1)
            self._blocks.append(block)
        self.last += 1
        block.add(frame, event_type, raw)

    def wake(self) -> None:
        """Tell the readers that wait; a crowd of them is told at most every few milliseconds."""
        if not self._waiters:
            return
        if len(self._waiters) < _CROWD:
            self._wake_now()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_JOIN_SECONDS, self._wake_now)

    def close(self) -> None:
        """Send every reader away."""
        self.closed = True
        self._wake_now()

    async def wait(self, offset: int) -> None:
        """Return when there is something after `offset`, or when the log is closed."""
        while self.last <= offset and not self.closed:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                await waiter
            finally:
                self._waiters.discard(waiter)

    def sse(self, offset: int, *, raw: bool = False, limit_bytes: int = BLOCK_BYTES) -> tuple[bytes, int]:
        """Server-sent frames after `offset`, joined, and the offset after them; `b""` when nothing is pending.

        At most `limit_bytes`, unless one frame alone is longer.
        """
        if offset >= self.last:
            return b"", offset
        block = self._block_of(offset + 1)
        start = offset + 1 - block.first
        stop = block.stop_at(start, limit_bytes)
        following = block.first + stop - 1
        if raw:
            frames = (b"id: %d\ndata: %b\n\n" % (block.first + i, block.json(i, raw=True)) for i in range(start, stop))
            return b"".join(frames), following
        if self._tail[:2] != (offset, following):
            self._tail = (offset, following, block.text(start, stop))
        return self._tail[2], following

    def page(self, offset: int, limit: int | None, *, raw: bool = False) -> tuple[bytes, bool]:
        """A JSON array of at most `limit` events after `offset`, and whether the limit cut it."""
        stop = self.last if limit is None else min(self.last, offset + limit)
        bodies = [block.json(index, raw=raw) for block, index in self._range(offset, stop)]
        return b"[" + b",".join(bodies) + b"]", self.last > max(stop, offset)

    def find(self, offset: int, types: frozenset[str]) -> int | None:
        """Sequence of the first event after `offset` whose type is one of `types`."""
        for block, index in self._range(offset, self.last):
            if block.types[index] in types:
                return block.first + index
        return None

    def _range(self, offset: int, stop: int) -> Iterator[tuple[_Block, int]]:
        while offset < stop:
            block = self._block_of(offset + 1)
            first = offset + 1 - block.first
            count = min(len(block.ends), stop - block.first + 1)
            for index in range(first, count):
                yield block, index
            offset = block.first + count - 1

    def _block_of(self, sequence: int) -> _Block:
        if sequence >= self._blocks[-1].first:
            return self._blocks[-1]
        low, high = 0, len(self._blocks) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self._blocks[middle].first <= sequence:
                low = middle
            else:
                high = middle - 1
        return self._blocks[low]

    def _wake_now(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
