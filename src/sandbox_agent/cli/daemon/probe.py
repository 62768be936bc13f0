"""Asks a server whether it is healthy. The standard library alone: httpx takes longer to import than all the rest."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

__all__ = ["Address"]

_SECONDS = 2.0
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to be asked on loopback
_UNAUTHORIZED = 401


@dataclass(frozen=True)
class Address:
    """Where a server listens."""

    host: str
    port: int
    socket: str | None = None
    """Path of a unix socket, instead of host and port."""

    @property
    def name(self) -> str:
        """Tells it from others."""
        return self.socket or f"{self.host}-{self.port}"

    @property
    def url(self) -> str:
        """As clients on this machine write it."""
        if self.socket is not None:
            return f"unix:{self.socket}"
        host = _ANY.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def healthy(self) -> bool:
        """Whether one of our servers answers there."""
        answer = self._get("/v1/health", None)
        try:
            return answer is not None and json.loads(answer[1]) == {"status": "ok"}
        except ValueError:
            return False

    def refuses(self, token: str | None) -> bool:
        """Whether it wants another token, or wants one and there is none."""
        answer = self._get("/v1/sessions", token)
        return answer is not None and answer[0] == _UNAUTHORIZED

    def _get(self, path: str, token: str | None) -> tuple[int, bytes] | None:
        connection = HTTPConnection(_ANY.get(self.host, self.host), self.port, timeout=_SECONDS)
        if self.socket is not None:
            connection = _UnixConnection(self.socket)
        try:
            connection.request("GET", path, headers={"authorization": f"Bearer {token}"} if token else {})
            response = connection.getresponse()
            return response.status, response.read(1 << 20)
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()


class _UnixConnection(HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(self._path)
