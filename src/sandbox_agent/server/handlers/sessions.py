"""Sessions: create, look, end; and their history."""

from __future__ import annotations

from sandbox_agent.runtime.views import detail_of
from sandbox_agent.schema import api
from sandbox_agent.server.asgi import EMPTY, Request, Response, header, json_reply
from sandbox_agent.server.daemon import Daemon
from sandbox_agent.server.history import EventHistory
from sandbox_agent.server.query import Follow, NoQuery, Page
from sandbox_agent.server.sse import EventStream, pulse

__all__ = ["create", "delete", "diff", "events", "follow", "fork", "get", "list_sessions", "terminate"]


async def list_sessions(daemon: Daemon, _request: Request[None, NoQuery]) -> Response:
    """All sessions."""
    return json_reply(daemon.sessions.list())


async def create(daemon: Daemon, request: Request[api.CreateSessionRequest, NoQuery]) -> Response:
    """Create a session under the client's id."""
    return json_reply(await daemon.sessions.create(request.path["session_id"], request.body))


async def fork(daemon: Daemon, request: Request[api.ForkRequest, NoQuery]) -> Response:
    """Create a session with what another has said so far."""
    return json_reply(await daemon.sessions.fork(request.path["session_id"], request.body))


async def get(daemon: Daemon, request: Request[None, NoQuery]) -> Response:
    """One session with what is pending."""
    return json_reply(detail_of(daemon.sessions.get(request.path["session_id"])))


async def delete(daemon: Daemon, request: Request[None, NoQuery]) -> Response:
    """End a session and forget it."""
    await daemon.sessions.delete(request.path["session_id"])
    return EMPTY


async def diff(daemon: Daemon, request: Request[None, NoQuery]) -> Response:
    """What the session has changed."""
    return json_reply(await daemon.sessions.get(request.path["session_id"]).changes.diff())


async def terminate(daemon: Daemon, request: Request[None, NoQuery]) -> Response:
    """End a session, keep its history."""
    await daemon.sessions.get(request.path["session_id"]).terminate()
    return EMPTY


async def events(daemon: Daemon, request: Request[None, Page]) -> Response:
    """A page of the history."""
    return EventHistory(daemon.sessions.get(request.path["session_id"]).log, request.query)


async def follow(daemon: Daemon, request: Request[None, Follow]) -> Response:
    """History, then live. A browser that reconnects repeats its URL and tells how far it got in Last-Event-ID."""
    log = daemon.sessions.get(request.path["session_id"]).log
    seen = header(request.headers, b"last-event-id") or b""
    offset = max(request.query.offset, int(seen) if seen.isdigit() and len(seen) <= _DIGITS else 0)
    return EventStream(
        log,
        offset,
        raw=request.query.include_raw,
        pulse=pulse(daemon.keep_alive, request.query.heartbeat_ms),
        metrics=daemon.metrics,
    )


_DIGITS = 20
