"""Cross-origin resource sharing: which pages may read our answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sandbox_agent.server.asgi import Header, Reply, header
from sandbox_agent.server.config import Cors

__all__ = ["CorsPolicy", "check_cors"]

_VARY: Header = (b"vary", b"origin, access-control-request-method, access-control-request-headers")
_EXPOSED: Header = (b"access-control-expose-headers", b"sandbox-agent-log")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@]+|null|\*", re.IGNORECASE)


def check_cors(cors: Cors) -> str | None:
    """What is wrong with these settings, in one sentence; None when nothing is."""
    for origin in cors.origins:
        if not _ORIGIN.fullmatch(origin):
            return f"{origin!r} is not an origin; expected something like https://app.example.com, without a path"
    for method in cors.methods:
        if not _TOKEN.fullmatch(method):
            return f"{method!r} is not an HTTP method"
    for name in cors.headers:
        if not _TOKEN.fullmatch(name):
            return f"{name!r} is not a header name"
    return None


class CorsPolicy:
    """Makes the headers of one configuration."""

    def __init__(self, cors: Cors) -> None:
        self._origins = frozenset(cors.origins)
        self._credentials = cors.credentials
        self._methods = ",".join(cors.methods).encode()
        self._headers = ",".join(cors.headers).encode()

    def headers(self, request: Sequence[Header]) -> list[Header]:
        """What to add to any response."""
        origin = header(request, b"origin")
        added = [_VARY]
        if origin is not None and (allowed := self._allowed(origin)) is not None:
            added += [(b"access-control-allow-origin", allowed), _EXPOSED]
            if self._credentials:
                added.append((b"access-control-allow-credentials", b"true"))
        return added

    def preflight(self, request: Sequence[Header]) -> Reply:
        """The answer to OPTIONS. A `*` would not count with credentials, so there the wish is mirrored."""
        methods = self._methods or self._any(header(request, b"access-control-request-method"))
        names = self._headers or self._any(header(request, b"access-control-request-headers"))
        return Reply(headers=((b"access-control-allow-methods", methods), (b"access-control-allow-headers", names)))

    def _any(self, wish: bytes | None) -> bytes:
        return (wish or b"") if self._credentials else b"*"

    def _allowed(self, origin: bytes) -> bytes | None:
        if origin.decode("latin-1") in self._origins:
            return origin
        if "*" in self._origins:
            return origin if self._credentials else b"*"
        return None
