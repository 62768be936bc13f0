"""The time of events."""

from __future__ import annotations

import time
from datetime import UTC, datetime

__all__ = ["Clock"]


class Clock:
    """Now, as events and session infos want it. Formats each second and millisecond once: a flood has many in one."""

    def __init__(self) -> None:
        self._last = (-1, "")
        self._second = (-1, "")

    def milliseconds(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000

    def now(self) -> tuple[int, str]:
        """Milliseconds since the epoch, and the same moment in RFC 3339, UTC."""
        milliseconds = time.time_ns() // 1_000_000
        if milliseconds != self._last[0]:
            second = milliseconds // 1000
            if second != self._second[0]:
                self._second = (second, f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}")
            self._last = (milliseconds, f"{self._second[1]}.{milliseconds % 1000:03d}Z")
        return self._last
