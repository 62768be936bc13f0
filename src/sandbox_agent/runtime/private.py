"""Folders that belong to one session each, for configuration that must be in no argument and in no working directory.

They hold secrets, so nobody but our user may look into them, and they go with their session. When the daemon is killed
its guardian removes them; where that was killed too, the next daemon with the same data folder does. A lock tells which
belong to the living.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import IO

from sandbox_agent.adapter import Spawn
from sandbox_agent.runtime.owner import this_daemon

__all__ = ["PrivateFolders", "place_files", "remove_folder"]


class PrivateFolders:
    """Hands out the folders of one daemon. Nothing is on the disk before the first is asked for. Thread-safe."""

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir / "private"
        self._own: Path | None = None
        self._held: IO[bytes] | None = None
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def take(self) -> Path:
        """The path of a folder that is not there yet. Touches the disk."""
        with self._lock:
            if self._own is None:
                self._own = self._claim()
                this_daemon().take_along(self._own)
            return self._own / str(next(self._numbers))

    def common(self) -> Path:
        """The path of the folder that all sessions have in common, which may not be there yet. Touches the disk."""
        return self.take().parent / "common"

    def close(self) -> None:
        """Remove all of them."""
        with self._lock:
            if self._own is not None:
                remove_folder(self._own)
                self._own = None
            if self._held is not None:
                self._held.close()
                self._held = None

    def _claim(self) -> Path:
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (self._root / ".lock").open("wb") as turn:
                # One daemon at a time looks for what others left, so that none takes a folder not locked yet for that.
                fcntl.flock(turn, fcntl.LOCK_EX)
                own = Path(tempfile.mkdtemp(dir=self._root))
                self._held = _lock_of(own)
                self._sweep(own)
                return own
        except OSError:  # the data folder may not be written
            pass
        try:
            return Path(tempfile.mkdtemp(prefix="sandbox-agent-"))
        except OSError:  # nor anything else: only a session that needs files will feel it
            return self._root / "unwritable"

    def _sweep(self, own: Path) -> None:
        for folder in self._root.iterdir():
            if folder.is_dir() and folder != own and (held := _lock_of(folder)) is not None:
                with held:
                    remove_folder(folder)


def place_files(spawn: Spawn) -> None:
    """Write what the agent needs beside its arguments. Files appear whole. Raises OSError."""
    for name, content in spawn.files.items():
        path = Path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{threading.get_ident()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        draft.replace(path)
    for name, target in spawn.links.items():
        path = Path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.is_symlink() or str(path.readlink()) != target:
            path.unlink(missing_ok=True)
            path.symlink_to(target)


def remove_folder(folder: Path | str) -> None:
    """Remove a folder, if it is there, with what can be removed of it. Links are not followed."""
    shutil.rmtree(folder, ignore_errors=True)


def _lock_of(folder: Path) -> IO[bytes] | None:
    """The lock of a daemon's folders, held until it is closed; None while its daemon lives."""
    with contextlib.ExitStack() as stack:
        file = stack.enter_context((folder / ".lock").open("ab"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        stack.pop_all()
        return file
