"""The server about itself."""

from __future__ import annotations

import asyncio
from functools import cache

import msgspec

from sandbox_agent._version import __version__
from sandbox_agent.runtime.owner import this_daemon
from sandbox_agent.schema import api
from sandbox_agent.schema.errors import NotReady, TokenInvalid
from sandbox_agent.schema.readiness import Readiness
from sandbox_agent.server.asgi import Header, Reply, Request, Response, json_reply
from sandbox_agent.server.daemon import Daemon
from sandbox_agent.server.metrics import CONTENT_TYPE, exposition, families
from sandbox_agent.server.pages import PAGE_HEADERS
from sandbox_agent.server.query import Agents, NoQuery

__all__ = ["docs", "health", "metrics", "openapi", "ready"]

_HEALTHY = json_reply(api.Health())


async def health(_daemon: Daemon, _request: Request[None, NoQuery]) -> Response:
    """We answer, so we are well."""
    return _HEALTHY


async def ready(daemon: Daemon, request: Request[None, Agents]) -> Response:
    """Whether we can work. A probe without the token learns yes or no; what is missing is not for everybody."""
    named = request.query.agents
    if named is not None and not request.trusted:
        raise TokenInvalid(details={"message": "agents= needs the token"}, hint="leave agents= out: see --require")
    names = None if named is None else [name.strip() for name in named.split(",") if name.strip()]
    state = await daemon.readiness.state(names)
    if not request.trusted:
        state = Readiness(ready=state.ready)
    if not state.ready:
        words = "; ".join(lack.detail for lack in state.missing) or "ask with the token to learn what is missing"
        hints = dict.fromkeys(lack.hint for lack in state.missing if lack.hint)
        raise NotReady(words, details=msgspec.to_builtins(state), hint=" ".join(hints) or None)
    return json_reply(state)


async def docs(_daemon: Daemon, _request: Request[None, NoQuery]) -> Response:
    """The API to read; made when it is first asked for."""
    return await asyncio.to_thread(_page)


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
def _page() -> Reply:
    from sandbox_agent.server.apidocs import docs_page  # noqa: PLC0415 - see `_document`
    from sandbox_agent.server.endpoints import ENDPOINTS  # noqa: PLC0415 - the table names this handler
    from sandbox_agent.server.openapi import document  # noqa: PLC0415 - see `_document`

    rendered = docs_page(document(ENDPOINTS))
    headers: tuple[Header, ...] = (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"cache-control", b"no-cache"),
        (b"content-security-policy", rendered.policy),
        *PAGE_HEADERS,
    )
    return Reply(200, rendered.html, headers)


@cache
def _document() -> Reply:
    from sandbox_agent.server.endpoints import ENDPOINTS  # noqa: PLC0415 - the table names this handler
    from sandbox_agent.server.openapi import document_json  # noqa: PLC0415 - few ask for it, all start without it

    return Reply(200, document_json(ENDPOINTS), ((b"content-type", b"application/json"),))
