"""What both clients share about HTTP and do not do themselves: addresses, errors, and how long to be patient. Pure."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from sandbox_agent.client.calls import Call
from sandbox_agent.schema.base import decode
from sandbox_agent.schema.errors import (
    ApiError,
    ConnectionFailed,
    NotReady,
    Problem,
    RequestTimeout,
    SandboxAgentError,
    error_from_problem,
)

__all__ = [
    "LIMITS",
    "LOG_HEADER",
    "POLL",
    "STREAM_TIMEOUT",
    "Patience",
    "Server",
    "answer",
    "is_passing",
    "may_come",
    "problem",
    "unreachable",
]

T = TypeVar("T")

STREAM_TIMEOUT = httpx.Timeout(connect=10, read=45, write=30, pool=None)
"""A stream says something at least every 15 s, so 45 s of silence are a dead connection."""
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=30)
"""Each stream holds a connection, so their number is not limited."""

POLL = 0.2
"""Seconds between two questions whether the server is ready."""

LOG_HEADER = "sandbox-agent-log"
"""Names the log that a stream or a page is of."""

_UNIX = "unix:"
_PASSING = frozenset({502, 503, 504})
_REFUSED = frozenset({401, 403})
_QUOTED = 500


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where the server is and how to talk to it."""

    base_url: str
    token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout: float = 30.0
    retries: int = 2
    reconnects: int = 10

    def __post_init__(self) -> None:
        if self.socket:
            return
        parts = urlsplit(self.base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{self.base_url!r} is not the URL of a server, as in http://127.0.0.1:2468")

    @property
    def socket(self) -> str | None:
        """Path of the unix socket, when it is one."""
        return self.base_url.removeprefix(_UNIX) if self.base_url.startswith(_UNIX) else None

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, where no proxy has any business."""
        host = urlsplit(self.base_url).hostname or ""
        return self.socket is not None or host in {"localhost", "::1"} or host.startswith("127.")

    @property
    def trusted(self) -> ssl.SSLContext | bool:
        """Whose certificates count: those of SSL_CERT_FILE on this machine too, where no other variable does."""
        return httpx.create_ssl_context() if self.is_local and self.base_url.startswith("https:") else True

    def url(self, call: Call[T]) -> str:
        """The full address of a call."""
        base = self.base_url if self.socket is None else "http://localhost"
        return base.rstrip("/") + call.target

    def headers_of(self, call: Call[T], *, stream: bool = False) -> dict[str, str]:
        """The headers of a call."""
        headers = {"accept": "text/event-stream" if stream else "application/json", **self.headers}
        if stream:
            headers["accept-encoding"] = "identity"
        if self.token is not None:
            headers["authorization"] = f"Bearer {self.token}"
        if call.body is not None:
            headers["content-type"] = call.content_type
        return headers

    def delays(self, call: Call[T]) -> list[float | None]:
        """Seconds to wait after each failed attempt; None: give up."""
        again = self.retries if call.idempotent else 0
        return [*(0.1 * 3**attempt for attempt in range(again)), None]


class Patience:
    """How often to reconnect a stream, and how long to wait before it. Forgets failures once events arrive."""

    _LASTED = 10.0
    _FIRST = 0.05
    _LONGEST = 2.0

    def __init__(self, reconnects: int) -> None:
        self._reconnects = reconnects
        self._failures = 0
        self._opened = time.monotonic()

    def opened(self) -> None:
        """A connection stands."""
        self._opened = time.monotonic()

    def progress(self) -> None:
        """An event came."""
        self._failures = 0

    def failed(self) -> float | None:
        """The connection is gone: seconds to wait, or None when it is time to give up."""
        now = time.monotonic()
        if now - self._opened > self._LASTED:
            self._failures = 0
        self._opened = now
        self._failures += 1
        if self._failures > self._reconnects:
            return None
        return min(self._FIRST * 2.0 ** (self._failures - 1), self._LONGEST)


def problem(status: int, body: bytes) -> ApiError:
    """The error that an answer stands for, whoever wrote it."""
    try:
        described = decode(body, Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        text = body[:_QUOTED].decode("utf-8", "replace").strip()
        described = Problem(type="about:blank", title=f"HTTP status {status}", status=status, detail=text or None)
    return error_from_problem(described)


def is_passing(error: SandboxAgentError) -> bool:
    """Whether it is worth to try again: somebody on the way could not reach the server."""
    if isinstance(error, RequestTimeout | NotReady):  # it was given its time already; the server itself said no
        return False
    return isinstance(error, ConnectionFailed) or (isinstance(error, ApiError) and error.status in _PASSING)


def may_come(error: SandboxAgentError) -> bool:
    """Whether a server that answers so may be ready later: it lacks something still, or is not there yet.

    Then somebody before it answers, a sandbox provider's proxy for one, with any status. Who asks for another login is
    not waited for.
    """
    foreign = type(error) is ApiError and error.status not in _REFUSED
    return foreign or isinstance(error, RequestTimeout | NotReady) or is_passing(error)


def unreachable(error: httpx.RequestError, server: Server) -> SandboxAgentError:
    """What a failed transport means to the caller."""
    words = str(error) or type(error).__name__
    if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
        return RequestTimeout(details={"message": words}, hint="give the client a longer timeout")
    return ConnectionFailed(f"no answer from {server.base_url}: {words}")


def answer(call: Call[T], response: httpx.Response) -> T:
    """What a successful response says. Raises the error that any other stands for."""
    if not response.is_success:
        raise problem(response.status_code, response.content)
    try:
        return call.decode(response.content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SandboxAgentError(f"cannot read the answer to {call.method} {call.path}: {error}") from error
