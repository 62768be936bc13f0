"""What an endpoint sees of a request and gives back; the few words of ASGI that we speak.

Routes match on the raw path, because an id may hold an escaped `/`; that and the time it takes to import are why this
is our own small layer and not a framework.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from sandbox_agent.schema.base import Model, encode

__all__ = [
    "EMPTY",
    "App",
    "Body",
    "ClientGone",
    "Header",
    "Message",
    "Query",
    "Receive",
    "Reply",
    "Request",
    "Response",
    "Scope",
    "Send",
    "disconnected",
    "header",
    "json_reply",
    "text_reply",
]

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Header: TypeAlias = tuple[bytes, bytes]

Body = TypeVar("Body")
Query = TypeVar("Query", bound=Model)


class ClientGone(Exception):
    """The client hung up before its request was complete; nobody is left to answer."""


@dataclass(frozen=True, slots=True)
class Request(Generic[Body, Query]):
    """A request that was understood: decoded path, query and body."""

    path: Mapping[str, str]
    query: Query
    body: Body
    headers: Sequence[Header]
    """Names in lower case."""
    trusted: bool = True
    """It carries the server's token, or there is none."""


async def disconnected(receive: Receive) -> None:
    """Return when the client is gone. Only once the body of its request was read."""
    while (await receive())["type"] != "http.disconnect":
        pass


class Response(Protocol):
    """What a handler gives back: something that can send itself."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    async def send(self, receive: Receive, send: Send, extra: Sequence[Header], *, head: bool) -> None:
        """Send the whole response. `extra`: headers to add; `head`: leave the body out."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """A response that is all there."""

    status: int = 200
    body: bytes = b""
    headers: tuple[Header, ...] = ()

    async def send(self, receive: Receive, send: Send, extra: Sequence[Header], *, head: bool) -> None:  # noqa: ARG002 - see `Response`
        """See `Response`."""
        headers = [*self.headers, *extra]
        if self.status != EMPTY.status:
            headers.append((b"content-length", b"%d" % len(self.body)))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head else self.body})


EMPTY = Reply(204)
"""Done, nothing to say."""

_JSON: tuple[Header, ...] = ((b"content-type", b"application/json"),)
_TEXT: tuple[Header, ...] = ((b"content-type", b"text/plain; charset=utf-8"),)


def json_reply(value: Any, status: int = 200) -> Reply:
    """A value of the schema as JSON."""
    return Reply(status, encode(value), _JSON)


def text_reply(text: str, status: int = 200) -> Reply:
    """Plain text."""
    return Reply(status, text.encode(), _TEXT)


def header(headers: Sequence[Header], name: bytes) -> bytes | None:
    """The first header of a name (lower case)."""
    for key, value in headers:
        if key == name:
            return value
    return None
