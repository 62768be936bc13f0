"""What running commands put out, as deltas of their results.

Codex leaves the first words of a command out of its deltas, and tells all of them when the command is done. So the
deltas of a command's first second are held back: a quick one has its whole output at once. Times are Codex's own.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from sandbox_agent.adapter import Output
from sandbox_agent.adapter.items import Items
from sandbox_agent.schema.content import ToolResultPart

__all__ = ["HELD_BACK", "Outputs", "result_id"]

HELD_BACK = 1000
"""Milliseconds after which a command is a slow one."""


def result_id(item_id: str) -> str:
    """Our name for the result of a tool, which is the same item as its call for Codex."""
    return f"{item_id}:result"


class _Running(msgspec.Struct):
    parent: str | None
    since: int
    held: list[str] = []
    sent: list[str] = []


class Outputs:
    """Follows the output of tools that run."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._running: dict[str, _Running] = {}

    def started(self, item_id: str, since: int, parent: str | None) -> None:
        """A tool begins; `since`: milliseconds since the epoch, 0 when that is not known."""
        self._running[item_id] = _Running(parent, since)

    def more(self, item_id: str, delta: str, now: int, parent: str | None) -> Iterator[Output]:
        """More output."""
        running = self._running.setdefault(item_id, _Running(parent, 0))
        running.held.append(delta)
        if running.sent or now - running.since >= HELD_BACK or not running.since:
            yield from self._release(item_id, running)

    def finished(self, item_id: str) -> str:
        """What the deltas have said of a tool that is done; what is still held back, its result says."""
        running = self._running.pop(item_id, None)
        return "".join(running.sent) if running else ""

    def flush(self) -> Iterator[Output]:
        """Say what is held back: nothing more may come."""
        for item_id, running in self._running.items():
            yield from self._release(item_id, running)

    def _release(self, item_id: str, running: _Running) -> Iterator[Output]:
        text = "".join(running.held)
        running.held.clear()
        if not text:
            return
        if not running.sent:
            part = ToolResultPart(call_id=item_id, output="")
            yield self._items.start(result_id(item_id), "tool_result", "tool", (part,), parent=running.parent)
        running.sent.append(text)
        yield self._items.delta(result_id(item_id), text)
