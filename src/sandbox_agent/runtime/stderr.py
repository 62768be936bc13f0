"""Remembers the first and last lines an agent printed on stderr, in bounded space."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from sandbox_agent.adapter import Log
from sandbox_agent.schema.events import StderrTail

__all__ = ["StderrRing"]

HEAD = 20
TAIL = 50
LINE_CHARS = 500
_KEPT_BYTES = 4 * (LINE_CHARS + 1)
"""Enough for 500 characters of any length and one more, which tells that the line was longer."""


class StderrRing:
    """Takes bytes as they come, cut anywhere, and gives a `StderrTail`."""

    def __init__(self, log: Log | None = None, hear: Callable[[bytes], None] | None = None) -> None:
        """Records of `log` are left out; those that tell something go to `hear`."""
        self._log = log
        self._hear = hear
        self._head: list[str] = []
        self._tail: deque[str] = deque(maxlen=TAIL)
        self._total = 0
        self._partial = b""

    def feed(self, chunk: bytes) -> None:
        """Add what was read from stderr."""
        *complete, rest = chunk.split(b"\n")
        for part in complete:
            self._take(self._partial + part[:_KEPT_BYTES])
            self._partial = b""
        self._partial = (self._partial + rest[:_KEPT_BYTES])[:_KEPT_BYTES]

    def _take(self, line: bytes) -> None:
        if self._log is None or not line.startswith(self._log.begins):
            self.note(line)
        elif self._hear is not None and any(each in line for each in self._log.tells):
            self._hear(line)

    def note(self, line: bytes) -> None:
        """Add one whole line from elsewhere. Lines without visible text are left out."""
        text = line[:_KEPT_BYTES].decode(errors="replace").rstrip()
        if not text:
            return
        if len(text) > LINE_CHARS:
            text = text[:LINE_CHARS] + "..."
        self._total += 1
        if len(self._head) < HEAD:
            self._head.append(text)
        else:
            self._tail.append(text)

    def tail(self) -> StderrTail | None:
        """What was said so far, an unfinished last line included; None when nothing was."""
        if self._partial:
            self._take(self._partial)
            self._partial = b""
        if not self._total:
            return None
        if self._total <= HEAD + TAIL:
            head = "\n".join([*self._head, *self._tail])
            return StderrTail(truncated=False, head=head, total_lines=self._total)
        return StderrTail(
            truncated=True,
            head="\n".join(self._head),
            tail="\n".join(self._tail),
            total_lines=self._total,
        )
