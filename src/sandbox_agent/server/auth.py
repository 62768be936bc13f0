"""Who may ask: the token, and, where there is none, that the request was meant for this machine."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence

from sandbox_agent.schema.errors import InvalidRequest, PermissionDenied, TokenInvalid
from sandbox_agent.server.asgi import Header, header
from sandbox_agent.server.config import ServerSettings

__all__ = ["Guard"]

_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


class Guard:
    """Checks the headers of a request against the settings."""

    def __init__(self, settings: ServerSettings) -> None:
        self._token = settings.token.encode() if settings.token is not None else None
        self._local = settings.loopback and self._token is None
        bound = f"[{settings.host}]" if ":" in settings.host else settings.host
        self._names = frozenset((*_LOCAL_NAMES, bound.lower()))
        self._origins = frozenset(settings.cors.origins)

    def check_token(self, headers: Sequence[Header]) -> None:
        """Raises `TokenInvalid` unless the request carries the token, if there is one."""
        if not self.trusts(headers):
            raise TokenInvalid(details={"message": "missing or invalid token"}, hint="authorization: Bearer <token>")

    def trusts(self, headers: Sequence[Header]) -> bool:
        """Whether the request carries the token, or there is none."""
        if self._token is None:
            return True
        given = _credential(header(headers, b"authorization") or b"")
        return given is not None and hmac.compare_digest(given, self._token)

    def check_local(self, headers: Sequence[Header]) -> None:
        """Without a token on loopback: raises `PermissionDenied` for what a web page may have tricked a browser into.

        And `InvalidRequest` for a request that names two hosts. A page of another site reaches this port under its own
        name (DNS rebinding) or sends a request that needs no preflight; the Host and Origin headers give it away.
        """
        if not self._local:
            return
        host = header(headers, b"host")
        if sum(name == b"host" for name, _ in headers) > 1:
            raise InvalidRequest("more than one Host header")
        if host is not None and _name(host.decode("latin-1")) not in self._names:
            message = f"the Host header is none of {', '.join(sorted(self._names))}"
            raise PermissionDenied(details={"message": message}, hint="start the server with --token")
        origin = header(headers, b"origin")
        if origin is not None and not self._same_site(origin.decode("latin-1"), host):
            message = "requests from pages of other origins are not allowed"
            raise PermissionDenied(details={"message": message}, hint="start the server with --cors-allow-origin")

    def _same_site(self, origin: str, host: bytes | None) -> bool:
        if origin in self._origins or "*" in self._origins:
            return True
        return host is not None and origin.partition("://")[2].lower() == host.decode("latin-1").lower()


def _name(host: str) -> str:
    """The host without its port."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdecimal() else host.lower()


def _credential(authorization: bytes) -> bytes | None:
    scheme, _, value = authorization.strip().partition(b" ")
    value = value.strip()
    match scheme.lower():
        case b"bearer" | b"token":
            return value
        case b"basic":
            return _password(value)
        case _:
            return None


def _password(encoded: bytes) -> bytes | None:
    """The password of a Basic credential; all of it when there is no colon. Padding is optional."""
    plain = encoded.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        decoded = base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        return None
    _, colon, password = decoded.partition(b":")
    return password if colon else decoded
