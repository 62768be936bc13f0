"""One line on stderr for each request, written by a thread so that a reader of stderr who stalls cannot stall us.

No secret is in them: no query string, and of headers that may carry one, the name only.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from sandbox_agent.server.asgi import Header, Scope

__all__ = ["RequestLog"]

_LIMIT = 10_000
"""Lines that wait; older ones are dropped when nobody reads."""
_SECRET = re.compile(rb"auth|cookie|token|secret|key|password|credential|signature|session")
"""In the name of a header. Better one too many: proxies invent names of their own."""


class RequestLog:
    """Structured lines, `key=value`. `before` is called in the thread before each batch of them."""

    def __init__(
        self,
        *,
        headers: bool = False,
        write: Callable[[bytes], object] | None = None,
        before: Callable[[], object] = lambda: None,
    ) -> None:
        self._headers = headers
        self._write = write or _to_stderr
        self._before = before
        self._lines: deque[str] = deque(maxlen=_LIMIT)
        self._pending = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="request log", daemon=True)
        self._thread.start()

    def add(self, scope: Scope, status: int, seconds: float) -> None:
        """Note a request that was answered."""
        path: bytes = scope["raw_path"]
        line = (
            f"time={time.time():.3f} level=info msg=request method={scope['method']} "
            f"path={path.decode('latin-1')} status={status} ms={seconds * 1000:.1f}"
        )
        if self._headers:
            line += "".join(f" header.{name}={value}" for name, value in _shown(scope["headers"]))
        self._lines.append(line)
        if not self._pending.is_set():
            self._pending.set()

    def close(self) -> None:
        """Write what waits; gives up after a moment when nobody reads."""
        self._closing = True
        self._pending.set()
        self._thread.join(0.5)

    def _run(self) -> None:
        while not self._closing or self._lines:
            self._pending.wait()
            self._pending.clear()
            lines: list[str] = []
            while self._lines:
                lines.append(self._lines.popleft())
            if lines:
                self._before()
                self._write(("\n".join(lines) + "\n").encode())


def _to_stderr(data: bytes) -> None:
    try:
        while data:
            data = data[os.write(sys.stderr.fileno(), data) :]
    except (OSError, ValueError):  # closed: there is nowhere to say so
        return


def _shown(headers: Sequence[Header]) -> list[tuple[str, str]]:
    return [
        (name.decode("latin-1"), "[redacted]" if _SECRET.search(name) else repr(value.decode("latin-1")))
        for name, value in headers
    ]
