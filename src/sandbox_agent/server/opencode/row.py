"""What the table says of one endpoint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import NoneType
from typing import Any, TypeAlias

from sandbox_agent.server.asgi import Request, Response
from sandbox_agent.server.opencode.bodies import Query
from sandbox_agent.server.opencode.desk import Desk

__all__ = ["Call", "Route", "row"]

Call: TypeAlias = Callable[[Desk, Request[Any, Query]], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    """Parameters in braces; each is one percent-decoded segment."""
    call: Call
    body: type[Any]
    optional: bool
    """The body may be left out."""
    proxied: bool
    """Passed on to an OpenCode server where OPENCODE_COMPAT_PROXY_URL names one."""


def row(
    route: str, call: Call, body: type[Any] = NoneType, *, optional: bool = False, proxied: bool | None = None
) -> Route:
    """One row; `route` is the method and the path. What only an OpenCode can know is passed on."""
    method, path = route.split()
    own = path in {"/command", "/config", "/global/config"} or path.startswith("/tui/")
    return Route(method, path, call, body, optional, own if proxied is None else proxied)
