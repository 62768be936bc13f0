"""How the asynchronous client talks: calls and streams over one connection pool."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

import httpx

from sandbox_agent.adapter.frames import SseDecoder
from sandbox_agent.client import wire
from sandbox_agent.client.calls import Call
from sandbox_agent.client.cursor import Cursor
from sandbox_agent.client.spawn import Daemon
from sandbox_agent.schema.errors import ConnectionFailed, SandboxAgentError
from sandbox_agent.schema.events import Event
from sandbox_agent.stores.base import Store

__all__ = ["AsyncHttp"]

T = TypeVar("T")


class AsyncHttp:
    """Sends calls and follows streams over one connection pool."""

    def __init__(self, server: wire.Server, daemon: Daemon | None = None, store: Store | None = None) -> None:
        self.server = server
        self.daemon = daemon
        self.store = store
        path = server.socket
        transport = None if path is None else httpx.AsyncHTTPTransport(uds=path, limits=wire.LIMITS)
        trust = not server.is_local
        self._client = httpx.AsyncClient(
            timeout=server.timeout,
            limits=wire.LIMITS,
            trust_env=trust,
            verify=server.trusted,
            transport=transport,
        )

    async def request(self, call: Call[T]) -> T:
        """The answer to a call. Repeats it, if that is safe, when somebody on the way failed."""
        for delay in self.server.delays(call):
            try:
                return wire.answer(call, await self._send(call))
            except SandboxAgentError as error:
                if delay is None or not wire.is_passing(error) or self._is_gone():
                    raise
            await asyncio.sleep(delay)
        raise AssertionError("the last delay is None")

    async def wait(self, call: Call[T], timeout: float) -> T:  # noqa: ASYNC109 - seconds of patience, not a limit
        """The first good answer to a call that is asked again for `timeout` seconds. Raises the last error."""
        until = time.monotonic() + timeout
        while True:
            try:
                return wire.answer(call, await self._send(call))
            except SandboxAgentError as error:
                if not wire.may_come(error) or self._is_gone() or time.monotonic() >= until:
                    raise
            await asyncio.sleep(wire.POLL)

    async def follow(self, call: Callable[[int], Call[None]], cursor: Cursor) -> AsyncGenerator[list[Event]]:
        """The events after the cursor, as they come together; reconnects until its patience is over.

        Ends with the session.
        """
        patience = wire.Patience(self.server.reconnects)
        while True:
            try:
                async with aclosing(self._connection(call(cursor.offset), cursor, patience)) as batches:
                    async for events in batches:
                        yield events
                        if cursor.ended:
                            return
                failure: SandboxAgentError = ConnectionFailed("the server ended the stream")
            except SandboxAgentError as error:
                if not wire.is_passing(error):
                    raise
                failure = error
            delay = None if self._is_gone() else patience.failed()
            if delay is None:
                raise ConnectionFailed(f"lost the stream after event {cursor.offset}: {failure}") from failure
            await asyncio.sleep(delay)

    async def progress(self, call: Call[T]) -> AsyncGenerator[T]:
        """What comes of a call whose answer is a stream of its own, until that ends."""
        frames = SseDecoder()
        async with self.opened(call, wire.STREAM_TIMEOUT) as got:
            async for chunk in got.aiter_bytes():
                for frame in frames.feed(chunk):
                    yield call.decode(frame.data)

    @asynccontextmanager
    async def opened(self, call: Call[T], limit: httpx.Timeout | None = None) -> AsyncGenerator[httpx.Response]:
        """The answer to a call, whose body is still to be read. Raises as `request` does, while it is read too."""
        server = self.server
        headers = server.headers_of(call)
        try:
            async with self._client.stream(
                call.method, server.url(call), content=call.body, headers=headers, timeout=limit or server.timeout
            ) as got:
                if not got.is_success:
                    raise wire.problem(got.status_code, await got.aread())
                yield got
        except httpx.RequestError as error:
            raise self._unreachable(error) from error

    async def close(self) -> None:
        """Close the connections, and stop the daemon if it is ours."""
        await self._client.aclose()
        if self.daemon is not None:
            await asyncio.to_thread(self.daemon.close)

    async def _send(self, call: Call[T]) -> httpx.Response:
        server = self.server
        timeout = max(call.timeout or 0, server.timeout)
        try:
            return await self._client.request(
                call.method, server.url(call), content=call.body, headers=server.headers_of(call), timeout=timeout
            )
        except httpx.RequestError as error:
            raise self._unreachable(error) from error

    async def _connection(
        self, call: Call[None], cursor: Cursor, patience: wire.Patience
    ) -> AsyncGenerator[list[Event]]:
        server = self.server
        headers = server.headers_of(call, stream=True)
        try:
            async with self._client.stream(
                call.method, server.url(call), headers=headers, timeout=wire.STREAM_TIMEOUT
            ) as got:
                if not got.is_success:
                    raise wire.problem(got.status_code, await got.aread())
                patience.opened()
                cursor.connected(got.headers.get(wire.LOG_HEADER))
                async for chunk in got.aiter_bytes():
                    if events := cursor.take(chunk):
                        patience.progress()
                        yield events
        except httpx.ReadTimeout as error:
            raise ConnectionFailed("the stream fell silent") from error
        except httpx.RequestError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: httpx.RequestError) -> SandboxAgentError:
        failure = self.daemon.failure() if self.daemon is not None else None
        return ConnectionFailed(failure) if failure else wire.unreachable(error, self.server)

    def _is_gone(self) -> bool:
        return self.daemon is not None and self.daemon.failure() is not None
