"""The blocking client behind the face of the asynchronous one, so that one suite tests both."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Self, cast

from sandbox_agent import AsyncSandboxAgent, EventStream, Files, SandboxAgent, Session, Turn
from sandbox_agent.schema.api import Delivered
from sandbox_agent.schema.events import Event

__all__ = ["threaded"]


def threaded(client: SandboxAgent) -> AsyncSandboxAgent:
    """`client`, each of whose methods runs in a thread."""
    return cast("AsyncSandboxAgent", _Threaded(client))


class _Threaded:
    def __init__(self, target: SandboxAgent | Session | Files) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if name in {"send", "stream", "requests", "follow_install"}:
            return lambda *args, **kwargs: _Stream(lambda: value(*args, **_blocking(kwargs)))
        if name == "files":
            return _Threaded(value)
        if name == "session":
            return lambda session_id: _Threaded(value(session_id))
        if not callable(value):
            return value

        async def method(*args: Any, **kwargs: Any) -> Any:
            result = await asyncio.to_thread(value, *args, **kwargs)
            return _Threaded(result) if isinstance(result, Session) else result

        return method


class _Stream:
    def __init__(self, begin: Callable[[], EventStream]) -> None:
        self._begin = begin
        self._stream: EventStream | None = None

    async def _begun(self) -> EventStream:
        if self._stream is None:
            self._stream = await asyncio.to_thread(self._begin)
        return self._stream

    def __await__(self) -> Generator[Any, None, Delivered]:
        turn = yield from self._begun().__await__()
        assert isinstance(turn, Turn)
        return turn.delivered

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        event = await asyncio.to_thread(next, await self._begun(), None)
        if event is None:
            raise StopAsyncIteration
        return event

    async def wait(self) -> Any:
        turn = await self._begun()
        assert isinstance(turn, Turn)
        return await asyncio.to_thread(turn.wait)

    async def close(self) -> None:
        await asyncio.to_thread((await self._begun()).close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _blocking(options: dict[str, Any]) -> dict[str, Any]:
    """Callbacks may be coroutine functions in the suite; the blocking client wants plain ones."""
    return {name: _plain(value) if inspect.iscoroutinefunction(value) else value for name, value in options.items()}


def _plain(callback: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Any]:
    async def run(asked: Any) -> Any:
        return await callback(asked)

    return lambda asked: asyncio.run(run(asked))
