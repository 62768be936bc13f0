"""Where a reader stands in a session's log: bytes in, events out, each exactly once. Pure."""

from __future__ import annotations

import msgspec

from sandbox_agent.adapter.frames import SseDecoder
from sandbox_agent.schema.errors import ConnectionFailed, StreamError
from sandbox_agent.schema.events import Event, SessionEnded, decode_event

__all__ = ["Cursor"]


class Cursor:
    """Survives its connections: after a break, go on from `offset`."""

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset
        """Sequence of the last event that was given out."""
        self.ended = False
        """The session is over; nothing will follow."""
        self._decoder = SseDecoder()

    def connected(self) -> None:
        """A new connection: half a frame of the last one is forgotten, it will come again."""
        self._decoder = SseDecoder()

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
