"""Standard error in files, one for each day, so that a log needs no watching.

Everything that goes to standard error is in them, the traceback of a bug as well: the descriptor itself is redirected.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["DAYS", "FILE_BYTES", "LogFile"]

DAYS = 7
"""Files that are kept, today's too."""
FILE_BYTES = 64 * 1024 * 1024
"""A day's file that grows beyond this makes room: what was in it stays once more, as `.1`."""
_DAY_SECONDS = 86_400
_NAME = re.compile(r"log-(\d\d)-(\d\d)-(\d\d)(\.1)?")


class LogFile:
    """Leads a descriptor to `log-MM-DD-YY` in a folder. Days are those of UTC. Safe to call from any thread.

    The names are those of the 0.1.x server. Files are readable by their owner only, for a log tells what was asked.
    """

    def __init__(self, folder: Path, *, descriptor: int = 2, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._descriptor = descriptor
        self._now = now
        self._lock = threading.Lock()
        self._name = ""

    @property
    def path(self) -> Path:
        """Today's file."""
        return self._folder / self._name

    def open(self) -> None:
        """Begin. Raises `OSError` when there can be no file."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._lock:
            self._turn_to(self._today())

    def turn(self) -> None:
        """Turn to a new file when it is time to. What cannot be stays as it is: a log must stop nobody."""
        with self._lock, contextlib.suppress(OSError):
            today = self._today()
            if today != self._name:
                self._turn_to(today)
            elif os.fstat(self._descriptor).st_size > FILE_BYTES:
                self.path.replace(self._folder / f"{self._name}.1")
                self._turn_to(today)

    def seconds_left(self) -> float:
        """How long today's file is the right one."""
        return _DAY_SECONDS - self._now() % _DAY_SECONDS

    def _today(self) -> str:
        return time.strftime("log-%m-%d-%y", time.gmtime(self._now()))

    def _turn_to(self, name: str) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        opened = os.open(self._folder / name, flags, 0o600)
        try:
            os.dup2(opened, self._descriptor)
        finally:
            os.close(opened)
        self._name = name
        self._forget()

    def _forget(self) -> None:
        """Remove the files of old days; never one whose name is not ours."""
        dated: dict[tuple[str, ...], list[Path]] = {}
        for path in self._folder.iterdir():
            if match := _NAME.fullmatch(path.name):
                month, day, year, _ = match.groups()
                dated.setdefault((year, month, day), []).append(path)
        for date in sorted(dated)[:-DAYS]:
            for path in dated[date]:
                with contextlib.suppress(OSError):
                    path.unlink()
