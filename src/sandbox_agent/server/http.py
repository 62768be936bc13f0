"""uvicorn, the way we need it: no polling, no signal handlers of its own, a bounded end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from email.utils import formatdate
from socket import AF_UNIX, socket
from typing import Any

from sandbox_agent.server.parts import without_package_init

with without_package_init("uvicorn"):  # whose __init__ imports a command line, process managers and reloaders
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    from uvicorn.server import ServerState

from sandbox_agent.schema.base import encode
from sandbox_agent.schema.errors import InvalidRequest
from sandbox_agent.server.asgi import App
from sandbox_agent.server.problems import PROBLEM_TYPE

__all__ = ["HttpServer"]

_IDLE_SECONDS = 75
"""How long a connection may rest between two requests."""


class _Protocol(HttpToolsProtocol):
    """Says what it has to say as a problem too."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        error = InvalidRequest(msg.rstrip("."), hint="in a URL, percent-encode everything but letters, digits and -._~")
        body = encode(error.problem())
        head = f"HTTP/1.1 400 Bad Request\r\ncontent-type: {PROBLEM_TYPE}\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(head.encode() + b"connection: close\r\n\r\n" + body)
        self.transport.close()


class HttpServer:
    """Serves an app on a socket until told to stop. `late`: told once a second by how much the loop was late."""

    def __init__(self, app: App, late: Callable[[float], object] = lambda _seconds: None) -> None:
        config = Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=_IDLE_SECONDS,
        )
        config.load()
        self._config = config
        self._late = late
        self._due: float | None = None
        self._state = ServerState()
        self._server: asyncio.Server | None = None
        self._date: asyncio.TimerHandle | None = None

    async def start(self, sock: socket) -> None:
        """Accept connections."""
        loop = asyncio.get_running_loop()
        self._tick(loop)
        if sock.family == AF_UNIX:
            self._server = await loop.create_unix_server(self._protocol, sock=sock, backlog=2048)
        else:
            self._server = await loop.create_server(self._protocol, sock=sock, backlog=2048)

    def refuse(self) -> None:
        """Accept no more connections, and close those that are open after their response."""
        if self._server is not None:
            self._server.close()
        for connection in self._connections():
            connection.shutdown()

    async def drain(self, seconds: float) -> None:
        """Wait until the open responses are sent, at most so long; then hang up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while tasks := [task for task in self._state.tasks if not task.done()]:
                    await asyncio.wait(tasks)
        self.abort()

    def abort(self) -> None:
        """Hang up on everybody."""
        for connection in self._connections():
            connection.transport.abort()
        if self._date is not None:
            self._date.cancel()

    def _connections(self) -> list[Any]:
        return list(self._state.connections)

    def _protocol(self) -> _Protocol:
        return _Protocol(config=self._config, server_state=self._state, app_state={})

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        """Keep the Date header right, and see how late we are for it."""
        now = loop.time()
        if self._due is not None:
            self._late(now - self._due)
        self._due = now + 1.0
        self._state.default_headers = [(b"date", formatdate(time.time(), usegmt=True).encode())]
        self._date = loop.call_later(1.0, self._tick, loop)
