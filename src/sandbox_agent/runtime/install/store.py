"""Where installed agents are: `<data dir>/agents/<agent>/<version>/`, and a link `current` to the default one.

A version's folder appears whole, by a rename, and is never written to again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path

from sandbox_agent.runtime.install.command import Aborted
from sandbox_agent.runtime.install.versions import version_order

__all__ = ["Store"]

_CURRENT = "current"
_SCRATCH = ".part-"


class Store:
    """The installed versions of one agent."""

    def __init__(self, data_dir: Path, agent: str, executable: str) -> None:
        self.folder = data_dir / "agents" / agent
        self._executable = executable

    def find(self, version: str) -> Path | None:
        """The executable of that version, if it is installed."""
        if not version or version.startswith(".") or "/" in version or version == _CURRENT:
            return None
        path = self.folder / version / self._executable
        return path if os.access(path, os.X_OK) and path.is_file() else None

    def versions(self) -> list[str]:
        """What is installed, oldest version first."""
        try:
            names = [entry.name for entry in self.folder.iterdir()]
        except OSError:
            return []
        return sorted((name for name in names if self.find(name)), key=version_order)

    def current(self) -> str | None:
        """The version to use when none is asked for: the chosen one, else the newest."""
        with contextlib.suppress(OSError):
            chosen = (self.folder / _CURRENT).readlink().name
            if self.find(chosen):
                return chosen
        return next(reversed(self.versions()), None)

    def choose(self, version: str) -> None:
        """Make a version the default."""
        link = self.folder / f"{_SCRATCH}{_CURRENT}"
        link.unlink(missing_ok=True)
        link.symlink_to(version)
        link.replace(self.folder / _CURRENT)
        _sync(self.folder)

    def publish(self, files: Path, version: str) -> Path:
        """Move a finished folder, which must be in our scratch folder, to its place; gives the executable.

        A version that is there already is replaced; processes that run it keep their files.
        """
        for path in files.rglob("*"):
            if path.is_file() and not path.is_symlink():
                _sync(path)
        _sync(files)
        place = self.folder / version
        if place.exists() or place.is_symlink():
            place.rename(files.parent / f"old-{version}")
        files.rename(place)
        _sync(self.folder)
        return place / self._executable

    @contextlib.contextmanager
    def scratch(self) -> Generator[Path]:
        """A temporary folder beside the versions; only for who holds the lock, for it removes those of the dead."""
        for left in self.folder.glob(f"{_SCRATCH}*"):
            _remove(left)
        folder = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=self.folder))
        try:
            yield folder
        finally:
            _remove(folder)

    @contextlib.contextmanager
    def lock(self, *, aborted: Callable[[], bool], waiting: Callable[[], None]) -> Generator[None]:
        """Keep all other processes from installing this agent; calls `waiting` while another one does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            while not _try_lock(descriptor):
                waiting()
                if aborted():
                    raise Aborted
                time.sleep(0.1)
            yield
        finally:
            os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
