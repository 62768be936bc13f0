"""Just enough HTTP for a benchmark: one keep-alive connection on a raw socket."""

from __future__ import annotations

import json
import socket
import time
from typing import Any, Self

__all__ = ["Connection"]

SECONDS = 20.0
"""No answer of a daemon takes longer, even on a busy machine."""


class Connection:
    """Sends requests and reads their responses, one after the other."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host = f"127.0.0.1:{port}"
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def message(self, method: str, path: str, body: Any = None) -> bytes:
        """A request as bytes."""
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nhost: {self._host}\r\n"
        if body is not None:
            head += f"content-type: application/json\r\ncontent-length: {len(data)}\r\n"
        return head.encode() + b"\r\n" + data

    def request(self, method: str, path: str, body: Any = None) -> bytes:
        """The body of the response; raises when its status is no success."""
        self.sock.sendall(self.message(method, path, body))
        status, data = self.response()
        if status >= 300:  # noqa: PLR2004 - a redirect is no success here
            raise RuntimeError(f"{method} {path}: {status} {data[:500]!r}")
        return data

    def response(self) -> tuple[int, bytes]:
        """The next response: status and body (content-length only)."""
        head = self.until(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        size = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        while len(self._rest) < size:
            self._more()
        body, self._rest = self._rest[:size], self._rest[size:]
        return status, body

    def until(self, end: bytes) -> bytes:
        """Everything up to `end`, which is taken off too."""
        deadline = time.monotonic() + SECONDS
        while end not in self._rest:
            if time.monotonic() > deadline:
                raise RuntimeError(f"no {end!r} in {SECONDS:.0f} s after {self._rest[-500:]!r}")
            self._more()
        head, self._rest = self._rest.split(end, 1)
        return head

    def _more(self) -> None:
        data = self.sock.recv(262144)
        if not data:
            raise RuntimeError("the daemon hung up")
        self._rest += data
