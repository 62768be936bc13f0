"""uvicorn, the way we need it: no polling, no signal handlers of its own, a bounded end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from email.utils import formatdate
from socket import AF_UNIX, socket
from typing import Any

from sandbox_agent.server.parts import without_package_init

with without_package_init("uvicorn"):  # whose __init__ imports a command line, process managers and reloaders
    from uvicorn.config import Config
    from uvicorn.server import ServerState

from sandbox_agent.server.asgi import App
from sandbox_agent.server.config import PATIENCE
from sandbox_agent.server.protocol import Protocol

__all__ = ["HttpServer"]

_IDLE_SECONDS = 75
"""How long a connection may rest between two requests."""


class HttpServer:
    """Serves an app on a socket until told to stop. `late`: told once a second by how much the loop was late.

    `patience`: seconds a client has for the head of a request.
    """

    def __init__(
        self, app: App, late: Callable[[float], object] = lambda _seconds: None, patience: float = PATIENCE
    ) -> None:
        config = Config(
            app,
            http=Protocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=_IDLE_SECONDS,
        )
        config.load()
        # What a client can cause with any bad request must not be written, and waited for, on the event loop.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        self._config = config
        self._late = late
        self._patience = patience
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

    def _protocol(self) -> Protocol:
        return Protocol(config=self._config, server_state=self._state, app_state={})

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        """Keep the Date header right, and see how late we are for it."""
        now = loop.time()
        if self._due is not None:
            self._late(now - self._due)
        self._due = now + 1.0
        for connection in self._connections():
            connection.check(now, self._patience)
        self._state.default_headers = [(b"date", formatdate(time.time(), usegmt=True).encode())]
        self._date = loop.call_later(1.0, self._tick, loop)
