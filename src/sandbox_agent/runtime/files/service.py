"""The file API: paths as clients send them, work in threads, errors of the API."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator

from sandbox_agent.runtime.files.archive import Limits
from sandbox_agent.runtime.files.failures import explained
from sandbox_agent.runtime.files.folders import ensure_folder
from sandbox_agent.runtime.files.looking import Reader, list_folder, look, open_file
from sandbox_agent.runtime.files.moving import move
from sandbox_agent.runtime.files.paths import locate
from sandbox_agent.runtime.files.removing import remove_tree
from sandbox_agent.runtime.files.root import Root
from sandbox_agent.runtime.files.threads import in_thread
from sandbox_agent.runtime.files.unpacking import unpack
from sandbox_agent.runtime.files.uploads import Upload
from sandbox_agent.runtime.settings import Settings, home_folder
from sandbox_agent.schema.errors import InvalidRequest
from sandbox_agent.schema.files import FsEntry, FsMoved, FsPath, FsStat, FsUnpacked, FsWritten

__all__ = ["Files"]


class Files:
    """Files on this machine, for clients.

    `base` is where relative paths begin: a session's working directory; when None, the file root, and without one
    the user's home. All methods raise `InvalidRequest`, `PermissionDenied` (outside the file root) and `StreamError`.
    """

    def __init__(self, settings: Settings, limits: Limits | None = None) -> None:
        self._root = Root(settings.fs_root)
        home = str(home_folder(settings.environ))
        self._base = self._root.path if self._root.jailed else home
        self._limits = limits or Limits()

    async def entries(self, path: str, base: str | None = None) -> tuple[FsEntry, ...]:
        """What is in a folder."""
        return await in_thread(list_folder, self._root, self._locate(path, base))

    async def stat(self, path: str, base: str | None = None) -> FsStat:
        """What a path is."""
        return await in_thread(look, self._root, self._locate(path, base))

    async def open(self, path: str, base: str | None = None) -> Reader:
        """A file to read from; the caller closes it."""
        return await in_thread(open_file, self._root, self._locate(path, base))

    async def write(self, path: str, chunks: AsyncIterator[bytes], base: str | None = None) -> FsWritten:
        """Write a file whole: it appears at the end, or not at all when `chunks` raises. Makes missing folders."""
        located = self._locate(path, base)
        async with Upload(self._root, located) as upload:
            await upload.take(chunks)
            await in_thread(upload.publish)
            return FsWritten(path=located, bytes_written=upload.size)

    async def delete(self, path: str, base: str | None = None, *, recursive: bool = False) -> FsPath:
        """Delete a file, a link (not what it leads to), or a folder, which must be empty unless `recursive`."""
        located = self._locate(path, base)
        if located == (base or self._base) and not path.startswith("/"):
            raise InvalidRequest(f"invalid relative path: {path}", hint="name the folder by its absolute path")
        await in_thread(self._delete, located, recursive=recursive)
        return FsPath(path=located)

    async def mkdir(self, path: str, base: str | None = None) -> FsPath:
        """Make a folder and those above it; well when it is there."""
        located = self._locate(path, base)
        await in_thread(self._mkdir, located)
        return FsPath(path=located)

    async def move(self, source: str, target: str, base: str | None = None, *, overwrite: bool = False) -> FsMoved:
        """Move a file, a link or a folder, to another file system too."""
        moved = FsMoved(source=self._locate(source, base), target=self._locate(target, base))
        await in_thread(move, self._root, moved.source, moved.target, overwrite=overwrite)
        return moved

    async def unpack(self, path: str, chunks: AsyncIterator[bytes], base: str | None = None) -> FsUnpacked:
        """Unpack a tar file, plain or gzip, into a folder, which is made when missing. A bad one changes nothing."""
        located = self._locate(path, base)
        async with Upload(self._root, located, into=True) as upload:
            await upload.take(chunks)
            return await in_thread(upload.use, lambda file, folder: unpack(file, folder, located, self._limits))

    def _locate(self, path: str, base: str | None) -> str:
        return locate(path, base or self._base)

    def _delete(self, path: str, *, recursive: bool) -> None:
        with explained(path):
            if not self._root.parts(path):
                raise InvalidRequest(f"the root cannot be deleted: {path}")
            with self._root.walk(path, follow=False) as spot:
                if recursive:
                    remove_tree(spot)
                elif stat.S_ISDIR(spot.stat().st_mode):
                    os.rmdir(spot.name, dir_fd=spot.folder)
                else:
                    os.unlink(spot.name, dir_fd=spot.folder)

    def _mkdir(self, path: str) -> None:
        with explained(path, making=True):
            ensure_folder(self._root, path)
