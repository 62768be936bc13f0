"""Files that are written out of sight and appear whole, or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress

from sandbox_agent.runtime.files.root import FOLDER, Spot

__all__ = ["Draft", "hidden_name"]

_BY_DESCRIPTOR = "/proc/self/fd"
_TMPFILE: int | None = getattr(os, "O_TMPFILE", None)


def hidden_name() -> str:
    """A name for something that is not to stay."""
    return f".sandbox-agent-{secrets.token_hex(8)}.tmp"


class Draft:
    """A file beside its place.

    Where the system can, it has no name until it is published: not even a killed daemon leaves one behind. Raises
    `OSError`. Call `discard` in any case, also after `publish`.
    """

    def __init__(self, folder: int) -> None:
        self._folder = os.dup(folder)
        self._name: str | None = None
        self.size = 0
        try:
            self.descriptor = self._open()
        except BaseException:
            os.close(self._folder)
            raise

    def _open(self) -> int:
        if _TMPFILE is not None and os.access(_BY_DESCRIPTOR, os.X_OK):
            with suppress(OSError):  # not every file system has them
                return os.open(".", _TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o666, dir_fd=self._folder)
        self._name = hidden_name()
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(self._name, flags, 0o666, dir_fd=self._folder)

    def write(self, data: bytes | bytearray) -> None:
        """Append."""
        left = memoryview(data)
        self.size += len(left)
        while left:
            left = left[os.write(self.descriptor, left) :]

    def publish(self, name: str, *, like: os.stat_result | None = None) -> None:
        """Put the file at its place, over what is there. `like`: takes its mode and owner from this."""
        if like is not None:
            with suppress(PermissionError):
                os.fchown(self.descriptor, like.st_uid, like.st_gid)
            os.fchmod(self.descriptor, stat.S_IMODE(like.st_mode))
        os.fsync(self.descriptor)
        if self._name is None:
            self._name = self._named()
        os.rename(self._name, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        self._name = None
        _sync(self._folder)

    def _named(self) -> str:
        """A file without a name cannot replace one; with a name it can."""
        name = hidden_name()
        os.link(f"{_BY_DESCRIPTOR}/{self.descriptor}", name, dst_dir_fd=self._folder, follow_symlinks=True)
        return name

    def discard(self) -> None:
        """Leave nothing behind."""
        if self.descriptor < 0:
            return
        os.close(self.descriptor)
        self.descriptor = -1
        if self._name is not None:
            with suppress(FileNotFoundError):
                os.unlink(self._name, dir_fd=self._folder)
        os.close(self._folder)


def _sync(folder: int) -> None:
    """Make the new name last. Best effort: a folder may be writable and not readable."""
    with suppress(OSError):
        descriptor = Spot(folder, ".").open(FOLDER)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
