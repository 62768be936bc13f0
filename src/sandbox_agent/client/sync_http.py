"""How the blocking client talks: calls and streams over one connection pool."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
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

__all__ = ["Http"]

T = TypeVar("T")


class Http:
    """Sends calls and follows streams over one connection pool."""

    def __init__(self, server: wire.Server, daemon: Daemon | None = None, store: Store | None = None) -> None:
        self.server = server
        self.daemon = daemon
        self.store = store
        path = server.socket
        transport = None if path is None else httpx.HTTPTransport(uds=path, limits=wire.LIMITS)
        trust = not server.is_local
        self._client = httpx.Client(
            timeout=server.timeout,
            limits=wire.LIMITS,
            trust_env=trust,
            verify=server.trusted,
            transport=transport,
        )

    def request(self, call: Call[T]) -> T:
        """The answer to a call. Repeats it, if that is safe, when somebody on the way failed."""
        for delay in self.server.delays(call):
            try:
                return wire.answer(call, self._send(call))
            except SandboxAgentError as error:
                if delay is None or not wire.is_passing(error) or self._is_gone():
                    raise
            time.sleep(delay)
        raise AssertionError("the last delay is None")

    def wait(self, call: Call[T], timeout: float) -> T:
        """The first good answer to a call that is asked again for `timeout` seconds. Raises the last error."""
        until = time.monotonic() + timeout
        while True:
            try:
                return wire.answer(call, self._send(call))
            except SandboxAgentError as error:
                if not wire.may_come(error) or self._is_gone() or time.monotonic() >= until:
                    raise
            time.sleep(wire.POLL)

    def follow(self, call: Callable[[int], Call[None]], cursor: Cursor) -> Generator[list[Event]]:
        """The events after the cursor, as they come together; reconnects until its patience is over.

        Ends with the session.
        """
        patience = wire.Patience(self.server.reconnects)
        while True:
            try:
                for events in self._connection(call(cursor.offset), cursor, patience):
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
            time.sleep(delay)

    def progress(self, call: Call[T]) -> Generator[T]:
        """What comes of a call whose answer is a stream of its own, until that ends."""
        frames = SseDecoder()
        with self.opened(call, wire.STREAM_TIMEOUT) as got:
            for chunk in got.iter_bytes():
                for frame in frames.feed(chunk):
                    yield call.decode(frame.data)

    @contextmanager
    def opened(self, call: Call[T], limit: httpx.Timeout | None = None) -> Generator[httpx.Response]:
        """The answer to a call, whose body is still to be read. Raises as `request` does, while it is read too."""
        server = self.server
        headers = server.headers_of(call)
        try:
            with self._client.stream(
                call.method, server.url(call), content=call.body, headers=headers, timeout=limit or server.timeout
            ) as got:
                if not got.is_success:
                    raise wire.problem(got.status_code, got.read())
                yield got
        except httpx.RequestError as error:
            raise self._unreachable(error) from error

    def close(self) -> None:
        """Close the connections, and stop the daemon if it is ours."""
        self._client.close()
        if self.daemon is not None:
            self.daemon.close()

    def _send(self, call: Call[T]) -> httpx.Response:
        server = self.server
        timeout = max(call.timeout or 0, server.timeout)
        try:
            return self._client.request(
                call.method, server.url(call), content=call.body, headers=server.headers_of(call), timeout=timeout
            )
        except httpx.RequestError as error:
            raise self._unreachable(error) from error

    def _connection(self, call: Call[None], cursor: Cursor, patience: wire.Patience) -> Generator[list[Event]]:
        server = self.server
        headers = server.headers_of(call, stream=True)
        try:
            with self._client.stream(
                call.method, server.url(call), headers=headers, timeout=wire.STREAM_TIMEOUT
            ) as got:
                if not got.is_success:
                    raise wire.problem(got.status_code, got.read())
                patience.opened()
                cursor.connected(got.headers.get(wire.LOG_HEADER))
                for chunk in got.iter_bytes():
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
