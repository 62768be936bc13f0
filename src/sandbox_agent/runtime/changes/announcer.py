"""Tells a session what its turns have changed, a little after they ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from sandbox_agent.runtime.changes.changes import Changes
from sandbox_agent.schema.events import ChangedFile, DiffUpdated

__all__ = ["Announcer"]


class Announcer:
    """Looks when asked, in a task of its own, and tells only what was not told before."""

    def __init__(self, changes: Changes, tell: Callable[[DiffUpdated], Awaitable[object]]) -> None:
        self._changes = changes
        self._tell = tell
        self._told: tuple[str, tuple[ChangedFile, ...]] = ("", ())
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def look(self) -> None:
        """Look now, or once more when it is being looked. Returns at once."""
        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look(), name="what has changed")

    async def rest(self) -> None:
        """Wait until everything was looked at and told."""
        if self._task is not None:
            await asyncio.wait((self._task,))

    async def _look(self) -> None:
        while self._again:
            self._again = False
            with contextlib.suppress(OSError):
                found = await self._changes.diff()
                seen = found.diff, found.files
                if seen != self._told:
                    self._told = seen
                    await self._tell(DiffUpdated(scope="session", files=found.files, truncated=found.truncated))
