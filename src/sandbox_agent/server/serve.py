"""The daemon's life: from a listening socket to the last stream's end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Generator
from dataclasses import dataclass
from socket import socket

from sandbox_agent.agents import AGENTS
from sandbox_agent.runtime.catalog import Catalog
from sandbox_agent.runtime.files import Files
from sandbox_agent.runtime.readiness import Readiness
from sandbox_agent.runtime.sessions import Sessions
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.server.app import HttpApp
from sandbox_agent.server.config import ServerSettings
from sandbox_agent.server.daemon import Daemon
from sandbox_agent.server.http import HttpServer
from sandbox_agent.server.logfile import LogFile
from sandbox_agent.server.metrics import Metrics
from sandbox_agent.server.requestlog import RequestLog

__all__ = ["SIGNALS", "ParentGone", "serve"]

SIGNALS = (signal.SIGTERM, signal.SIGINT)
_SESSIONS_SECONDS = 3.5
"""For the agents to end. With the next one within the 5 s that a stop may take."""
_STREAMS_SECONDS = 1.0
"""For the streams to send what they have."""


class ParentGone(Exception):
    """There is no parent to watch: standard input is not a pipe."""


@dataclass
class _Stop:
    """First wish to stop: `asked`. Second: `forced`."""

    asked: asyncio.Event
    forced: asyncio.Event

    def ask(self) -> None:
        (self.forced if self.asked.is_set() else self.asked).set()


async def serve(
    sock: socket,
    settings: Settings,
    server_settings: ServerSettings,
    *,
    ready: Callable[[], None] = lambda: None,
    with_parent: bool = False,
    log_file: LogFile | None = None,
) -> None:
    """Serve until SIGTERM, SIGINT, or with `with_parent` the end of standard input; a second signal is final.

    Calls `ready` once requests are answered and signals are heeded. Raises `ParentGone`.
    """
    stop = _Stop(asyncio.Event(), asyncio.Event())
    catalog = Catalog(settings, AGENTS)
    sessions = Sessions(settings, catalog)
    metrics, files = Metrics(), Files(settings)
    daemon = Daemon(
        sessions=sessions,
        catalog=catalog,
        files=files,
        readiness=Readiness(settings, catalog),
        metrics=metrics,
        keep_alive=server_settings.keep_alive,
    )
    log = _request_log(server_settings, log_file)
    server = HttpServer(HttpApp(daemon, server_settings, log), metrics.late, server_settings.patience)
    with _watching(stop, with_parent=with_parent), _turning(log_file):
        await server.start(sock)
        ready()
        await stop.asked.wait()
        await _end(server, sessions, stop)
    if log is not None:
        log.close()


def _request_log(settings: ServerSettings, file: LogFile | None) -> RequestLog | None:
    if not settings.log_requests:
        return None
    return RequestLog(headers=settings.log_headers, before=file.turn if file else lambda: None)


@contextlib.contextmanager
def _turning(file: LogFile | None) -> Generator[None]:
    """Turn to a new file at midnight, for a daemon that logs nothing but its bugs."""
    loop, timer = asyncio.get_running_loop(), None

    def turn(log_file: LogFile) -> None:
        nonlocal timer
        log_file.turn()
        timer = loop.call_later(log_file.seconds_left() + 1, turn, log_file)

    if file is not None:
        turn(file)
    try:
        yield
    finally:
        if timer is not None:
            timer.cancel()


async def _end(server: HttpServer, sessions: Sessions, stop: _Stop) -> None:
    """End the agents, so that the streams have their last events; then the streams; then the connections."""
    server.refuse()
    ending = asyncio.create_task(_graceful(server, sessions))
    forced = asyncio.create_task(stop.forced.wait())
    await asyncio.wait((ending, forced), return_when=asyncio.FIRST_COMPLETED)
    for task in (ending, forced):
        task.cancel()
    await asyncio.gather(ending, forced, return_exceptions=True)
    server.abort()


async def _graceful(server: HttpServer, sessions: Sessions) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SESSIONS_SECONDS):
            await sessions.close()
    await server.drain(_STREAMS_SECONDS)


@contextlib.contextmanager
def _watching(stop: _Stop, *, with_parent: bool) -> Generator[None]:
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.ask)
    if with_parent:
        _watch_parent(loop, stop)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)  # it ends already, and not by a signal


def _watch_parent(loop: asyncio.AbstractEventLoop, stop: _Stop) -> None:
    def readable() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            stop.ask()

    try:
        loop.add_reader(0, readable)
    except (OSError, ValueError) as error:
        raise ParentGone("--exit-with-parent needs a pipe on standard input") from error
