"""What waits for a session's task, and how much of it may."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox_agent.adapter import Exited
from sandbox_agent.adapter.frames import LineTooLong

__all__ = ["HIGH_WATER", "Call", "Entry", "Gone", "Inbox", "Lines", "Overdue"]

HIGH_WATER = 4 * 1024 * 1024
"""Bytes of unread agent output from which on the agent is no longer read."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The agent said something. `generation` tells which of the session's processes."""

    generation: int
    lines: list[bytes | LineTooLong]
    size: int


@dataclass(frozen=True, slots=True)
class Gone:
    """The agent process ended."""

    generation: int
    exit: Exited


@dataclass(frozen=True, slots=True)
class Overdue:
    """An interrupted turn did not end in time."""

    turn_id: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """A client asks; the answer goes into `reply`."""

    run: Callable[[], Any]
    """Runs in the session's task. May return an awaitable."""
    reply: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def __post_init__(self) -> None:
        self.reply.add_done_callback(_heard)

    async def perform(self) -> None:
        """Run it and answer; an error belongs to the one who asked."""
        try:
            result = self.run()
            if inspect.isawaitable(result):
                result = await result
        except Exception as error:  # noqa: BLE001 - see above
            if not self.reply.cancelled():
                self.reply.set_exception(error)
        else:
            if not self.reply.cancelled():
                self.reply.set_result(result)


def _heard(reply: asyncio.Future[Any]) -> None:
    """A client that left before its answer came is no reason to complain that nobody took the error."""
    if not reply.cancelled():
        reply.exception()


Entry = Lines | Gone | Overdue | Call


class Inbox:
    """First in, first out, for one reader. Counts the bytes of agent output that wait."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self._filled = asyncio.Event()
        self._bytes = 0

    @property
    def full(self) -> bool:
        """Whether the agent should not be read on."""
        return self._bytes > HIGH_WATER

    @property
    def low(self) -> bool:
        """Whether the agent may be read again."""
        return self._bytes <= HIGH_WATER // 4

    def put(self, entry: Entry) -> None:
        """Add an entry; never waits."""
        if isinstance(entry, Lines):
            self._bytes += entry.size
        self._entries.append(entry)
        self._filled.set()

    async def get(self) -> Entry:
        """The oldest entry, waiting for one."""
        while not self._entries:
            self._filled.clear()
            await self._filled.wait()
        entry = self._entries.popleft()
        if isinstance(entry, Lines):
            self._bytes -= entry.size
        return entry

    def drain(self) -> list[Entry]:
        """Everything that waits, taken out."""
        entries = list(self._entries)
        self._entries.clear()
        self._bytes = 0
        return entries
