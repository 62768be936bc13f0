"""Where a background server keeps its files, and whether it lives.

Its pid file is locked as long as it lives: it inherits the locked file and never closes it, and the system lets go of
the lock at its end, however that comes. So a pid that another process has meanwhile is never taken for ours.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

__all__ = ["Place"]


@dataclass(frozen=True)
class Place:
    """The files of the server at one address."""

    folder: Path
    name: str
    """The address, such as `127.0.0.1-2468`."""

    def file(self, kind: str) -> Path:
        """One of them: pid, version, log, lock."""
        return self.folder / f"daemon-{re.sub(r'[^0-9A-Za-z]', '-', self.name)}.{kind}"

    @contextlib.contextmanager
    def busy(self) -> Generator[None]:
        """Nobody else starts, stops or looks at this server meanwhile. Waits for those who do. Raises `OSError`."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.file("lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def alive(self) -> bool:
        """Whether the server that was started here lives. Only while `busy`."""
        try:
            with self.file("pid").open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    @contextlib.contextmanager
    def claim(self) -> Generator[BinaryIO]:
        """A new pid file, locked; whoever inherits it keeps the lock. Only while `busy` and nobody lives there."""
        with _private(self.file("pid")) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield file

    @contextlib.contextmanager
    def new_log(self) -> Generator[BinaryIO]:
        """A new log; the one before is kept beside it."""
        with contextlib.suppress(FileNotFoundError):
            self.file("log").replace(self.file("log.1"))
        with _private(self.file("log")) as file:
            yield file

    def read(self, kind: str) -> str:
        """What a file says; empty when there is none."""
        try:
            return self.file(kind).read_text(errors="replace").strip()
        except FileNotFoundError:
            return ""

    def pid(self) -> int | None:
        """The process id, where the file holds one."""
        text = self.read("pid")
        return int(text) if text.isdecimal() else None

    def forget(self) -> None:
        """Remove what only a living server has."""
        for kind in ("pid", "version"):
            self.file(kind).unlink(missing_ok=True)


def _private(path: Path) -> BinaryIO:
    """For the owner alone, empty."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "r+b", buffering=0)
