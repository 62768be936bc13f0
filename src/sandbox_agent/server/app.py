"""The ASGI app: guards, routing, decoding, and the one place where errors become problems."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sandbox_agent.runtime.bugs import print_bug
from sandbox_agent.schema.errors import ApiError, InternalError
from sandbox_agent.server.asgi import ClientGone, Receive, Request, Response, Scope, Send
from sandbox_agent.server.auth import Guard
from sandbox_agent.server.body import BodyStream, decode_body, read_body
from sandbox_agent.server.config import ServerSettings
from sandbox_agent.server.cors import CorsPolicy
from sandbox_agent.server.daemon import Daemon
from sandbox_agent.server.endpoints import ENDPOINTS, Endpoint
from sandbox_agent.server.pages import is_page, page
from sandbox_agent.server.problems import method_not_allowed, no_route, problem_reply
from sandbox_agent.server.query import parse_query
from sandbox_agent.server.requestlog import RequestLog
from sandbox_agent.server.routing import Match, Router

if TYPE_CHECKING:
    from sandbox_agent.server.opencode.mount import Mount

__all__ = ["HttpApp"]

_OTHER = ("other", "other")
"""Method and route of what is not in the table: a client must not be able to make up labels without end."""


class HttpApp:
    """Serves a daemon. Knows ASGI's `http` only; whoever starts it owns the daemon's life."""

    def __init__(self, daemon: Daemon, settings: ServerSettings, log: RequestLog | None = None) -> None:
        self._daemon = daemon
        self._guard = Guard(settings)
        self._cors = CorsPolicy(settings.cors)
        self._body_limit = settings.body_limit
        self._patience = settings.patience
        self._router = Router(ENDPOINTS)
        self._log = log
        self._metrics = daemon.metrics
        self._mount: Mount | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here")
        began = time.perf_counter()
        try:
            response = await self._answer(scope, receive)
        except ClientGone:
            return
        seconds = time.perf_counter() - began
        method, route = scope.get("sandbox_agent.route", _OTHER)
        self._metrics.answered(method, route, response.status, seconds)
        if self._log is not None:
            self._log.add(scope, response.status, seconds)
        extra = self._cors.headers(scope["headers"])
        await response.send(receive, send, extra, head=scope["method"] == "HEAD")

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        if scope["method"] == "OPTIONS":
            return self._cors.preflight(scope["headers"])
        try:
            return await self._dispatch(scope, receive)
        except ApiError as error:
            return problem_reply(error)
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001 - the server must outlive any bug, and its client must hear of it
            print_bug(error)
            return problem_reply(InternalError("a bug in the server", hint="the server's stderr has the traceback"))

    async def _dispatch(self, scope: Scope, receive: Receive) -> Response:
        headers = scope["headers"]
        self._guard.check_local(headers)
        path: bytes = scope["raw_path"]
        match = self._router.match(path)
        if match is None:
            return await self._elsewhere(path, scope, receive)
        endpoint = _endpoint(match, scope["method"])
        if endpoint is not None:
            scope["sandbox_agent.route"] = endpoint.method, endpoint.path
        if endpoint is None or not endpoint.public:
            self._guard.check_token(headers)
        if endpoint is None:
            return method_not_allowed(scope["method"], match.allowed)
        return await endpoint.handler(self._daemon, await self._request(endpoint, match, scope, receive))

    async def _elsewhere(self, path: bytes, scope: Scope, receive: Receive) -> Response:
        """What is not in our table: a page, or a path of the OpenCode-compatible mount."""
        text = path.decode("latin-1")
        if text == "/v1" or text.startswith("/v1/"):
            return no_route(text)
        mount = None if is_page(text) else self._opencode()
        found = mount.match(path) if mount is not None else None
        if mount is None or found is None:
            return await page(text, scope["query_string"])
        self._guard.check_token(scope["headers"])
        return await mount.answer(found, scope, receive)

    def _opencode(self) -> Mount:
        """The mount; who never asks for one of its paths does not pay for it."""
        if self._mount is None:
            from sandbox_agent.server.opencode.mount import Mount  # noqa: PLC0415 - see above

            self._mount = Mount(self._daemon, self._body_limit, self._patience)
        return self._mount

    async def _request(
        self, endpoint: Endpoint, match: Match[Endpoint], scope: Scope, receive: Receive
    ) -> Request[Any, Any]:
        headers = scope["headers"]
        query = parse_query(scope["query_string"], endpoint.query)
        body: Any = None
        if endpoint.streams_body:
            body = BodyStream(receive, headers, self._patience)
        elif endpoint.takes_body:
            data = await read_body(receive, headers, self._body_limit, self._patience)
            body = decode_body(data, headers, endpoint.body, optional=endpoint.body_optional)
        return Request(match.path, query, body, headers, trusted=self._guard.trusts(headers))


def _endpoint(match: Match[Endpoint], method: str) -> Endpoint | None:
    return match.methods.get("GET" if method == "HEAD" else method)
