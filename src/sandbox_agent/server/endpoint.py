"""What the table says of one endpoint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, TypeAlias

from sandbox_agent.schema.base import Model
from sandbox_agent.schema.errors import ApiError
from sandbox_agent.server.asgi import Body, Query, Request, Response
from sandbox_agent.server.body import BodyStream
from sandbox_agent.server.daemon import Daemon

__all__ = ["NONE", "Endpoint", "Errors", "Handler", "endpoint"]

Handler: TypeAlias = Callable[[Daemon, Request[Body, Query]], Awaitable[Response]]
Errors: TypeAlias = tuple[type[ApiError], ...]
Answer: TypeAlias = type[Model] | Literal["nothing", "events", "progress", "document", "bytes", "text", "page"]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One method of one path."""

    name: str
    method: str
    path: str
    """Parameters in braces; each is one percent-decoded segment."""
    summary: str
    handler: Handler[Any, Any]
    body: type[Any]
    body_optional: bool
    query: type[Model]
    answer: Answer
    errors: Errors
    """Beside those that every endpoint may give: bad requests, no token, wrong host, a bug."""
    public: bool
    """Asks for no token."""
    also: type[Model] | None
    """What a 200 says beside the usual 204, where an additive field asks for it."""
    many: bool
    """The answer is a bare array of such values."""

    @property
    def takes_body(self) -> bool:
        """Whether the body is read; where it is not, anything may be sent."""
        return self.body is not NoneType

    @property
    def streams(self) -> bool:
        """Whether the answer is server-sent events."""
        return self.answer in {"events", "progress"}

    @property
    def streams_body(self) -> bool:
        """Whether the handler reads the body as it comes, of any type and size."""
        return self.body is BodyStream


def endpoint(  # noqa: PLR0913 - the columns of the table
    name: str,
    route: str,
    summary: str,
    handler: Handler[Body, Query],
    *,
    body: type[Body],
    query: type[Query],
    answer: Answer = "nothing",
    errors: Errors = (),
    body_optional: bool = False,
    public: bool = False,
    also: type[Model] | None = None,
    many: bool = False,
) -> Endpoint:
    """One row of the table; `route` is the method and the path."""
    method, path = route.split()
    return Endpoint(
        name=name,
        method=method,
        path=path,
        summary=summary,
        handler=handler,
        body=body,
        body_optional=body_optional,
        query=query,
        answer=answer,
        errors=errors,
        public=public,
        also=also,
        many=many,
    )


NONE: type[None] = NoneType
"""No body."""
