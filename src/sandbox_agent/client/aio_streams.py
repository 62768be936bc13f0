"""What the asynchronous client gives to iterate over."""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import aclosing
from typing import Any, Generic, Self, TypeAlias, TypeVar

from sandbox_agent.client.asking import Request
from sandbox_agent.client.turns import TurnReader, TurnResult
from sandbox_agent.schema.api import Delivered
from sandbox_agent.schema.events import Event

__all__ = ["AsyncEventStream", "AsyncRequestStream", "AsyncStream", "AsyncTurn", "Sending"]

T = TypeVar("T")

Send: TypeAlias = Callable[[], Coroutine[Any, Any, TurnReader]]


class AsyncStream(Generic[T]):
    """What comes, each once and in order. Stop early and the connection is closed; `async with` closes it at once."""

    def __init__(self, events: AsyncGenerator[T]) -> None:
        self._events = events

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """The next one; waits for it."""
        return await anext(self._events)

    async def close(self) -> None:
        """Leave the stream."""
        await self._events.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncEventStream(AsyncStream[Event]):
    """Events in order, each once. Stop early and the connection is closed; `async with` closes it at once."""


class AsyncRequestStream(AsyncStream[Request]):
    """Permissions and questions that wait for an answer. `async with` closes the connection at once."""


class Sending:
    """A message that is sent once, when it is first asked for.

    Apart from the turn, so that a turn and its events do not hold each other: whoever drops a turn closes it at once.
    """

    def __init__(self, send: Send) -> None:
        self._send: Send | None = send
        self._reader: TurnReader | None = None

    @property
    def sent(self) -> bool:
        """Whether it was asked for."""
        return self._send is None

    async def reader(self) -> TurnReader:
        """The reader of its turn."""
        if self._send is not None:
            send, self._send = self._send, None
            self._reader = await send()
        if self._reader is None:
            raise RuntimeError("the message could not be sent, or is still being sent")
        return self._reader


class AsyncTurn(AsyncEventStream):
    """What comes of one message: its events until the turn ends, or the result of it all.

    The message is sent when you await this, iterate over it or `wait` for its result. Awaiting tells its id and
    whether it started a turn, waits in the queue, or went into the running turn.
    """

    def __init__(self, send: Send, read: Callable[[TurnReader], AsyncGenerator[Event]]) -> None:
        self._sending = Sending(send)
        super().__init__(_events(self._sending, read))

    async def wait(self) -> TurnResult:
        """Read on to the turn's end; what came of it."""
        reader = await self._sending.reader()
        async for _ in self._events:
            pass
        return reader.result

    def __await__(self) -> Generator[Any, None, Delivered]:
        reader = yield from self._sending.reader().__await__()
        return reader.delivered

    def __del__(self) -> None:
        if not self._sending.sent:
            warnings.warn("a message was never sent: await the turn or iterate over it", RuntimeWarning, stacklevel=2)


async def _events(sending: Sending, read: Callable[[TurnReader], AsyncGenerator[Event]]) -> AsyncGenerator[Event]:
    async with aclosing(read(await sending.reader())) as events:
        async for event in events:
            yield event
