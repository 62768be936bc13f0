"""The door of the mount: finds the route, reads the request, and answers errors in OpenCode's shapes."""

from __future__ import annotations

from functools import cached_property
from types import NoneType
from typing import Any

import msgspec

from sandbox_agent.runtime.bugs import print_bug
from sandbox_agent.schema.errors import ApiError, InvalidRequest
from sandbox_agent.server.asgi import ClientGone, Receive, Request, Response, Scope, header
from sandbox_agent.server.body import check_type, read_body
from sandbox_agent.server.daemon import Daemon
from sandbox_agent.server.opencode.bodies import Query
from sandbox_agent.server.opencode.desk import Desk
from sandbox_agent.server.opencode.errors import bug, error_reply, not_allowed
from sandbox_agent.server.opencode.routes import ROUTES
from sandbox_agent.server.opencode.row import Route
from sandbox_agent.server.query import parse_query
from sandbox_agent.server.routing import Match, Router

__all__ = ["PREFIX", "Mount"]

PREFIX = b"/opencode"


class Mount:
    """One for a daemon. Whoever asks has been let in already."""

    def __init__(self, daemon: Daemon, body_limit: int, patience: float) -> None:
        self._daemon = daemon
        self._body_limit = body_limit
        self._patience = patience
        self._router = Router(ROUTES)

    @cached_property
    def desk(self) -> Desk:
        """Made for the first request that is answered: from then on every session is followed."""
        return Desk(self._daemon)

    def match(self, raw_path: bytes) -> Match[Route] | None:
        """The route of a path, with the prefix or without it."""
        bare = raw_path.removeprefix(PREFIX) if raw_path.startswith(PREFIX + b"/") else raw_path
        try:
            return self._router.match(bare)
        except InvalidRequest:  # a segment that is no UTF-8 names nothing
            return None

    async def answer(self, match: Match[Route], scope: Scope, receive: Receive) -> Response:
        """Answer a request to a route of the table."""
        method: str = scope["method"]
        route = match.methods.get("GET" if method == "HEAD" else method)
        if route is None:
            return not_allowed(method, match.allowed)
        scope["sandbox_agent.route"] = route.method, PREFIX.decode() + route.path
        try:
            return await self._answer(route, match, scope, receive)
        except ApiError as error:
            return error_reply(error)
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001 - the server must outlive any bug, and its client must hear of it
            print_bug(error)
            return bug()

    async def _answer(self, route: Route, match: Match[Route], scope: Scope, receive: Receive) -> Response:
        headers = scope["headers"]
        reads = route.body is not NoneType or route.proxied
        data = await read_body(receive, headers, self._body_limit, self._patience) if reads else b""
        upstream = self.desk.around.override("PROXY_URL") if route.proxied else None
        if upstream is not None:
            from sandbox_agent.server.opencode.proxy import pass_on  # noqa: PLC0415 - an HTTP client, for few

            path: bytes = scope["raw_path"]
            return await pass_on(upstream, path.removeprefix(PREFIX).decode("latin-1"), scope, data)
        query = parse_query(scope["query_string"], Query)
        body: Any = None if route.body is NoneType else _decoded(data, route, header(headers, b"content-type"))
        return await route.call(self.desk, Request(match.path, query, body, headers))


def _decoded(data: bytes, route: Route, content_type: bytes | None) -> Any:
    """The body. Raises `InvalidRequest`."""
    if not data and route.optional:
        return route.body()
    check_type(content_type)
    try:
        return msgspec.json.decode(data, type=route.body)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"the body has the wrong shape: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what = "it is empty" if not data else str(error)
        raise InvalidRequest(f"the body is not JSON: {what}") from error
