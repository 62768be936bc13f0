"""Where a reader stands in a session's log: bytes in, events out, each exactly once. Pure."""

from __future__ import annotations

import msgspec

from sandbox_agent.adapter.frames import SseDecoder
from sandbox_agent.schema.errors import ConnectionFailed, LogReplaced, StreamError
from sandbox_agent.schema.events import Event, SessionEnded, decode_event

__all__ = ["Cursor"]


class Cursor:
    """Survives its connections: after a break, go on from `offset`."""

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset
        """Sequence of the last event that was given out."""
        self.ended = False
        """The session is over; nothing will follow."""
        self.log_id: str | None = None
        """The log that is read; None until the server has named it."""
        self._decoder = SseDecoder()

    def connected(self, log_id: str | None) -> None:
        """A new connection to the log of this id: half a frame of the last one is forgotten, it will come again.

        Raises `LogReplaced` when it is not the log that was read so far.
        """
        if log_id is not None and self.log_id not in {None, log_id}:
            raise LogReplaced(self.offset)
        self.log_id = log_id or self.log_id
        self._decoder = SseDecoder()

    def take(self, chunk: bytes) -> list[Event]:
        """The events that `chunk` completes and that were not there before; now they were.

        Raises `StreamError` when one cannot be read, and `ConnectionFailed` at a hole.
        """
        taken: list[Event] = []
        for event in self.feed(chunk):
            try:
                if self.passed(event):
                    taken.append(event)
            except ConnectionFailed:
                if not taken:
                    raise
                break  # what was stepped over must be given out; the hole is still there for the next chunk
        return taken

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that `chunk` completes; call `passed` when one was given out.

        Raises `StreamError` when an event cannot be read.
        """
        try:
            return [decode_event(frame.data) for frame in self._decoder.feed(chunk)]
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise StreamError(f"an event after {self.offset} cannot be read: {error}") from error

    def passed(self, event: Event) -> bool:
        """Step over `event`; False when it was given out before. Raises `ConnectionFailed` at a hole."""
        if event.sequence <= self.offset:
            return False
        if event.sequence != self.offset + 1:
            raise ConnectionFailed(f"event {event.sequence} came after {self.offset}")
        self.offset = event.sequence
        self.ended = isinstance(event.data, SessionEnded)
        return True
