"""Ids as OpenCode makes them: a prefix, the time, and something that makes them unique; later ones sort after.

Its clients keep messages and parts sorted by id, so the order of ids is the order on the screen.
"""

from __future__ import annotations

import re

__all__ = ["Ids"]

_TIMED = re.compile(r"[a-z]+_([0-9a-f]{12})")
_MASK = (1 << 48) - 1
_STEPS = 0x1000
"""Ids in a millisecond."""
_AHEAD = 3_600_000 * _STEPS
"""An id of a client whose clock is an hour ahead does not draw ours after it."""


class Ids:
    """Makes the ids of one session. `ordinal` tells it from the other sessions."""

    def __init__(self, ordinal: int) -> None:
        self._tail = f"{ordinal % 10**14:014d}"
        self._last = 0

    def next(self, prefix: str, at: int) -> str:
        """An id that sorts after all before. `at`: milliseconds since the epoch."""
        self._last = max(self._last + 1, _stamp(at))
        return f"{prefix}_{self._last:012x}{self._tail}"

    def seen(self, id: str, at: int) -> None:
        """A client has made an id: what is made from now on sorts after it."""
        match = _TIMED.match(id)
        if match is not None and self._last < (theirs := int(match[1], 16)) < _stamp(at) + _AHEAD:
            self._last = theirs


def _stamp(at: int) -> int:
    return (at * _STEPS) & _MASK
