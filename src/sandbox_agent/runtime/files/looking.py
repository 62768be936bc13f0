"""What is there: folders listed, paths looked at, files opened for reading."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime

from sandbox_agent.runtime.files.failures import explained, not_a_file, not_a_folder, not_found
from sandbox_agent.runtime.files.root import FOLDER, Root
from sandbox_agent.schema.files import EntryType, FsEntry, FsStat

__all__ = ["Reader", "list_folder", "look", "open_file", "readable"]


def list_folder(root: Root, path: str) -> tuple[FsEntry, ...]:
    """The entries of a folder, by name. Raises `InvalidRequest`, `PermissionDenied`, `StreamError`."""
    with explained(path), root.walk(path) as spot:
        status = spot.status()
        if status is None:
            raise not_found(path)
        if not stat.S_ISDIR(status.st_mode):
            raise not_a_folder(path)
        folder = spot.open(FOLDER)
        try:
            with os.scandir(folder) as entries:
                found = [each for entry in entries if (each := _entry(entry, path)) is not None]
        finally:
            os.close(folder)
    return tuple(sorted(found, key=lambda entry: entry.name))


def look(root: Root, path: str) -> FsStat:
    """What a path is; links are followed."""
    with explained(path), root.walk(path) as spot:
        status = spot.stat()
    return FsStat(path=path, entry_type=_kind(status), size=status.st_size, modified=_modified(status))


def _entry(entry: os.DirEntry[str], folder: str) -> FsEntry | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # gone since it was listed
        return None
    name = readable(entry.name)
    return FsEntry(
        name=name,
        path=f"{folder.rstrip('/')}/{name}",
        entry_type=_kind(status),
        size=status.st_size,
        modified=_modified(status),
    )


def readable(name: str) -> str:
    """A file name as text; bytes of it that are no UTF-8 become U+FFFD, for JSON has no other way."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode(errors="replace")
    return name


def _kind(status: os.stat_result) -> EntryType:
    return "directory" if stat.S_ISDIR(status.st_mode) else "file"


def _modified(status: os.stat_result) -> str | None:
    try:
        return datetime.fromtimestamp(status.st_mtime, UTC).isoformat()
    except (ValueError, OverflowError, OSError):  # file systems hold years that calendars do not
        return None


class Reader:
    """An open file. Whoever has it closes it."""

    def __init__(self, descriptor: int, path: str) -> None:
        status = os.fstat(descriptor)
        self._descriptor = descriptor
        self.path = path
        self.size = status.st_size
        """Bytes when it was opened."""
        self.modified = status.st_mtime
        """Seconds since the epoch."""
        self.tag = f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}"
        """Another one when the content is another one."""

    def read(self, offset: int, count: int) -> bytes:
        """At most `count` bytes; empty at the end."""
        with explained(self.path):
            return os.pread(self._descriptor, count, offset)

    def close(self) -> None:
        """Give the file back."""
        os.close(self._descriptor)


def open_file(root: Root, path: str) -> Reader:
    """Open a file for reading. Raises `InvalidRequest` for a folder, a device, a pipe; see `list_folder`."""
    with explained(path), root.walk(path) as spot:
        # Looked at before it is opened, for opening a device may do something; and after, for it may be another now.
        if not stat.S_ISREG(spot.stat().st_mode):
            raise not_a_file(path)
        descriptor = spot.open(os.O_RDONLY | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise not_a_file(path)
        return Reader(descriptor, path)
