"""The server about itself."""

from __future__ import annotations

import asyncio
from functools import cache

from sandbox_agent._version import __version__
from sandbox_agent.runtime.owner import this_daemon
from sandbox_agent.schema import api
from sandbox_agent.server.asgi import Reply, Request, Response, json_reply
from sandbox_agent.server.daemon import Daemon
from sandbox_agent.server.metrics import CONTENT_TYPE, exposition, families
from sandbox_agent.server.query import NoQuery

__all__ = ["health", "metrics", "openapi"]

_HEALTHY = json_reply(api.Health())


async def health(_daemon: Daemon, _request: Request[None, NoQuery]) -> Response:
    """We answer, so we are well."""
    return _HEALTHY


async def openapi(_daemon: Daemon, _request: Request[None, NoQuery]) -> Response:
    """The OpenAPI document; made when it is first asked for."""
    return await asyncio.to_thread(_document)


async def metrics(daemon: Daemon, _request: Request[None, NoQuery]) -> Response:
    """What is counted, for Prometheus."""
    from sandbox_agent.server.self_metrics import process_families  # noqa: PLC0415 - few ask for it

    processes = await this_daemon().count()
    own = await asyncio.to_thread(lambda: tuple(process_families(daemon.metrics.started)))
    sessions = daemon.sessions.all
    known = families(
        version=__version__,
        sessions=((session.agent.name, session.state) for session in sessions),
        events=daemon.sessions.event_count,
        log_bytes=sum(session.log.size for session in sessions),
        processes=processes,
        installs=daemon.catalog.installs.running,
    )
    body = exposition((*known, *daemon.metrics.families(), *own))
    return Reply(200, body, ((b"content-type", CONTENT_TYPE.encode()),))


@cache
def _document() -> Reply:
    from sandbox_agent.server.endpoints import ENDPOINTS  # noqa: PLC0415 - the table names this handler
    from sandbox_agent.server.openapi import document_json  # noqa: PLC0415 - few ask for it, all start without it

    return Reply(200, document_json(ENDPOINTS), ((b"content-type", b"application/json"),))
