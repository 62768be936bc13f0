"""Requests to an agent that is an HTTP server, as data: an adapter writes them, the link sends them.

The answer comes back as one more message, `{"reply": KEY, "status": 200, "body": ...}`. The agent's event stream is
heard as its events' data, one message each.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox_agent.adapter import Write
from sandbox_agent.schema.base import Model, encode

__all__ = ["Reply", "Request", "request"]


class Request(Model, omit_defaults=True):
    """One request. The link sends it once the event stream is open, and several at the same time."""

    key: str
    """Names the reply; of the adapter's choice."""
    method: str
    path: str
    query: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    body: Any = None
    """Sent as JSON, unless it is None."""


class Reply(Model, omit_defaults=True):
    """What became of a request."""

    reply: str
    """The request's key."""
    status: int = 0
    """HTTP status; 0 when there was no answer."""
    body: Any = None
    """The JSON body; None for any other content."""
    error: str | None = None
    """Why there was no answer, or the beginning of one that is no JSON."""

    @property
    def ok(self) -> bool:
        """Whether the server did what it was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the meaning of HTTP's numbers


def request(
    key: str, method: str, path: str, *, query: dict[str, str] | None = None, body: Any = None
) -> Write:  # fmt: skip
    """A request as an adapter yields it."""
    return Write(data=encode(Request(key=key, method=method, path=path, query=query or {}, body=body)) + b"\n")
