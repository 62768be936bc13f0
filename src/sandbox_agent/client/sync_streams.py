"""What the blocking client gives to iterate over."""

from __future__ import annotations

from collections.abc import Generator
from typing import Generic, Self, TypeVar

from sandbox_agent.client.asking import Request
from sandbox_agent.client.turns import TurnReader, TurnResult
from sandbox_agent.schema.api import Delivered
from sandbox_agent.schema.events import Event

__all__ = ["EventStream", "RequestStream", "Stream", "Turn"]

T = TypeVar("T")


class Stream(Generic[T]):
    """What comes, each once and in order. Stop early and the connection is closed."""

    def __init__(self, events: Generator[T]) -> None:
        self._events = events

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        """The next one; waits for it."""
        return next(self._events)

    def close(self) -> None:
        """Leave the stream."""
        self._events.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class EventStream(Stream[Event]):
    """Events in order, each once. Stop early and the connection is closed."""


class RequestStream(Stream[Request]):
    """Permissions and questions that wait for an answer. Stop early and the connection is closed."""


class Turn(EventStream):
    """What comes of one message: its events until the turn ends, or the result of it all."""

    def __init__(self, reader: TurnReader, events: Generator[Event]) -> None:
        super().__init__(events)
        self._reader = reader

    @property
    def delivered(self) -> Delivered:
        """The message's id, and whether it started a turn, waits in the queue, or went into the running turn."""
        return self._reader.delivered

    def wait(self) -> TurnResult:
        """Read on to the turn's end; what came of it."""
        for _ in self._events:
            pass
        return self._reader.result
