"""One session's changes: takes the picture, compares with it, away from the event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path

from sandbox_agent.runtime.changes.compare import compare
from sandbox_agent.runtime.changes.picture import Picture, take_picture
from sandbox_agent.runtime.changes.tree import Limits
from sandbox_agent.schema.api import SessionDiff

__all__ = ["Changes"]


class Changes:
    """What was changed in a folder since `begin`."""

    def __init__(self, folder: str, environ: Mapping[str, str], data_dir: Path, limits: Limits | None = None) -> None:
        self._folder = folder
        self._environ = environ
        self._data_dir = data_dir
        self._limits = limits or Limits()
        self._picture: asyncio.Task[Picture] | None = None
        self._turns = asyncio.Lock()
        self._closed = False

    async def begin(self, patience: float) -> None:
        """Take the picture; goes on by itself when it takes longer than `patience` seconds."""
        taking = asyncio.to_thread(take_picture, self._folder, self._environ, self._limits, self._data_dir)
        self._picture = asyncio.create_task(taking, name=f"picture of {self._folder}")
        await asyncio.wait((self._picture,), timeout=patience)

    async def ready(self) -> None:
        """Wait for the picture; from now on the folder may change."""
        if self._picture is not None and not self._picture.done():
            await asyncio.wait((self._picture,))

    async def diff(self) -> SessionDiff:
        """What is different now; nothing where no picture was taken."""
        if self._picture is None:
            return _NOTHING
        async with self._turns:
            picture = await asyncio.shield(self._picture)
            if self._closed:
                return _NOTHING
            comparing = asyncio.ensure_future(asyncio.to_thread(compare, picture, self._environ))
            try:
                return await asyncio.shield(comparing)
            finally:
                await asyncio.wait((comparing,))  # also when cancelled: one thread at a time
                self._let_go()

    def close(self) -> None:
        """Let go of the picture, as soon as nobody looks at it."""
        self._closed = True
        if self._picture is not None and not self._turns.locked():
            self._picture.add_done_callback(lambda _: self._let_go())

    def _let_go(self) -> None:
        if self._closed and self._picture is not None and not self._picture.cancelled():
            with contextlib.suppress(Exception):
                self._picture.result().close()


_NOTHING = SessionDiff(files=(), diff="", truncated=True)
