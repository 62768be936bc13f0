"""Takes bytes from the event loop to a draft on disk, in constant memory."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator, Callable
from typing import BinaryIO, Self, TypeVar

from sandbox_agent.runtime.files.drafts import Draft
from sandbox_agent.runtime.files.failures import explained, not_a_file
from sandbox_agent.runtime.files.folders import make_folder
from sandbox_agent.runtime.files.root import Root
from sandbox_agent.runtime.files.threads import in_thread

__all__ = ["Upload"]

R = TypeVar("R")
_PIECE = 1024 * 1024


class Upload:
    """What a client sends, on its way to a file at `path`, or `into` a folder there. Use with `async with`.

    Leaves nothing behind, missing folders that it made included, unless `publish` or `use` succeeds. Raises
    `InvalidRequest`, `PermissionDenied`, `StreamError`.
    """

    def __init__(self, root: Root, path: str, *, into: bool = False) -> None:
        self._root = root
        self._path = path
        self._into = into
        self._created: list[tuple[str, ...]] = []
        self._name = ""
        self._replaced: os.stat_result | None = None
        self._folder = -1
        self._draft: Draft | None = None

    async def __aenter__(self) -> Self:
        """Make the folders and the draft."""
        try:
            await in_thread(self._open)
        except BaseException:
            await in_thread(self._close)
            raise
        return self

    async def __aexit__(self, *_exception: object) -> None:
        """Tidy up."""
        await in_thread(self._close)

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._opened.size

    async def take(self, chunks: AsyncIterator[bytes]) -> None:
        """Write everything that comes."""
        pending = bytearray()
        async for chunk in chunks:
            pending += chunk
            if len(pending) >= _PIECE:
                await in_thread(self._write, pending)
                pending = bytearray()
        await in_thread(self._write, pending)

    def publish(self) -> None:
        """Put the file at its place. Blocks."""
        with explained(self._path):
            self._opened.publish(self._name, like=self._replaced)
        self._created = []

    def use(self, work: Callable[[BinaryIO, int], R]) -> R:
        """What `work` makes of the bytes and the folder's descriptor. Blocks."""
        with explained(self._path), os.fdopen(os.dup(self._opened.descriptor), "rb") as file:
            file.seek(0)
            result = work(file, self._folder)
        self._created = []
        return result

    @property
    def _opened(self) -> Draft:
        if self._draft is None:
            raise RuntimeError("not opened")
        return self._draft

    def _open(self) -> None:
        with explained(self._path, making=True):
            if self._into:
                self._folder, self._created = make_folder(self._root, self._path)
                self._draft = Draft(self._folder)
            else:
                self._open_beside()

    def _open_beside(self) -> None:
        with self._root.walk(self._path, make=True) as spot:
            self._created = spot.created
            self._name = spot.name
            self._replaced = spot.status()
            if self._replaced is not None and not stat.S_ISREG(self._replaced.st_mode):
                raise not_a_file(self._path)
            self._draft = Draft(spot.folder)

    def _write(self, data: bytearray) -> None:
        with explained(self._path):
            self._opened.write(data)

    def _close(self) -> None:
        if self._draft is not None:
            self._draft.discard()
        if self._folder >= 0:
            os.close(self._folder)
        self._root.undo(self._created)
