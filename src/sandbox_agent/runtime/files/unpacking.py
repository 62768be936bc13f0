"""Unpacks archives: first whole into a hidden folder, then moved in. A bad archive changes nothing."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import ExitStack, suppress
from typing import BinaryIO, Self

from sandbox_agent.runtime.files.archive import Entry, Limits, damage_told, read_archive
from sandbox_agent.runtime.files.drafts import hidden_name
from sandbox_agent.runtime.files.looking import readable
from sandbox_agent.runtime.files.merging import merge
from sandbox_agent.runtime.files.removing import remove_tree
from sandbox_agent.runtime.files.root import FOLDER, PASSING, Spot
from sandbox_agent.schema.errors import InvalidRequest
from sandbox_agent.schema.files import FsUnpacked

__all__ = ["NAMED", "unpack"]

NAMED = 1024
"""Paths in the answer. Source: the 0.1.x contract."""
_PIECE = 1024 * 1024


def unpack(file: BinaryIO, folder: int, path: str, limits: Limits) -> FsUnpacked:
    """Unpack a tar file into an open folder, whose path is `path`. What is there is kept or replaced, name by name.

    Raises `InvalidRequest`, and `StreamError` when moving in fails; its details say what is in.
    """
    space = os.fstatvfs(folder)
    limits = Limits(entries=limits.entries, bytes=min(limits.bytes, space.f_bavail * space.f_frsize))
    place = Spot(folder, hidden_name())
    with ExitStack() as stack:
        os.mkdir(place.name, 0o700, dir_fd=folder)
        stack.callback(_clear, place)
        staging = place.open(FOLDER)
        stack.callback(os.close, staging)
        named, count = _stage(file, staging, path, limits)
        merge(staging, folder, path)
    return FsUnpacked(paths=tuple(named), truncated=count > len(named))


def _clear(place: Spot) -> None:
    with suppress(OSError):
        remove_tree(place)


def _stage(file: BinaryIO, staging: int, path: str, limits: Limits) -> tuple[list[str], int]:
    named: list[str] = []
    count = 0
    with _Parents(staging) as parents:
        for entry in read_archive(file, limits):
            parents.put(entry)
            count += 1
            if len(named) < NAMED:
                named.append("/".join((path.rstrip("/"), *map(readable, entry.parts))))
    return named, count


class _Parents:
    """Puts entries below a folder. Keeps the last folder open: the next entry is mostly in it, too."""

    def __init__(self, top: int) -> None:
        self._top = top
        self._parts: tuple[str, ...] = ()
        self._folder = os.dup(top)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        os.close(self._folder)

    def put(self, entry: Entry) -> None:
        """Make what an entry describes. An earlier file of the same name is replaced."""
        spot = Spot(self._parent(entry), entry.parts[-1])
        there = spot.status()
        if there is not None:
            is_folder = stat.S_ISDIR(there.st_mode)
            if is_folder and entry.kind == "folder":
                return
            if is_folder:
                raise InvalidRequest(f"path is not a file: {entry.name}")
            if entry.kind == "folder":
                raise InvalidRequest(f"path is not a directory: {entry.name}")
            os.unlink(spot.name, dir_fd=spot.folder)
        self._make(entry, spot)

    def _make(self, entry: Entry, spot: Spot) -> None:
        match entry.kind:
            case "folder":
                os.mkdir(spot.name, entry.mode | stat.S_IRWXU, dir_fd=spot.folder)
            case "link":
                os.symlink(entry.target, spot.name, dir_fd=spot.folder)
            case "same":
                self._link(entry, spot)
            case "file":
                _write(entry, spot)

    def _link(self, entry: Entry, spot: Spot) -> None:
        """Give an earlier file another name. Only to files: a link would lead elsewhere from another folder."""
        *folders, name = entry.target.strip("/").split("/")
        with _Parents(self._top) as parents:
            earlier = Spot(parents.folder_of(tuple(folders), make=False), name)
            status = earlier.status()
            if status is None or not stat.S_ISREG(status.st_mode):
                raise InvalidRequest(
                    f"tar: {entry.name} is a hard link to {entry.target[:200]}, which is no file before it"
                )
            os.link(earlier.name, spot.name, src_dir_fd=earlier.folder, dst_dir_fd=spot.folder, follow_symlinks=False)

    def _parent(self, entry: Entry) -> int:
        try:
            return self.folder_of(entry.parts[:-1], make=True)
        except OSError as error:
            if error.errno in {errno.ENOTDIR, errno.ELOOP}:  # one of them is a link or a file of this archive
                raise InvalidRequest(f"tar entry escapes destination: {entry.name}") from error
            raise

    def folder_of(self, parts: tuple[str, ...], *, make: bool) -> int:
        """The folder of these names, opened without following links."""
        if parts != self._parts:
            self._go(self._top)
            self._parts = ()
            for part in parts:
                try:
                    self._go(part)
                except FileNotFoundError:
                    if not make:
                        raise
                    os.mkdir(part, dir_fd=self._folder)
                    self._go(part)
            self._parts = parts
        return self._folder

    def _go(self, to: int | str) -> None:
        flags = PASSING | os.O_CLOEXEC
        inner = os.dup(to) if isinstance(to, int) else os.open(to, flags, dir_fd=self._folder)
        os.close(self._folder)
        self._folder = inner


def _write(entry: Entry, spot: Spot) -> None:
    descriptor = spot.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with damage_told():
            if entry.content is not None:
                shutil.copyfileobj(entry.content, file, _PIECE)
        file.flush()
        os.fchmod(descriptor, entry.mode | stat.S_IRUSR | stat.S_IWUSR)
        with suppress(OSError, OverflowError, ValueError):  # times that no file system can hold
            os.utime(descriptor, (entry.modified, entry.modified))
