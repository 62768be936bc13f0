"""Keeps what was fetched, one folder for each version, never changed afterwards. Used in threads.

A folder appears whole or not at all. The ones that were not used for longest go first, but none that was used within
the last hour: a session may be copying from it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

__all__ = ["ENTRIES", "SkillCache", "key_of"]

ENTRIES = 64
"""Folders that are kept."""
_RECENT = 3600.0
_DRAFT = ".draft-"


def key_of(*words: str) -> str:
    """A name for what these words tell apart."""
    return sha256("\0".join(words).encode(errors="surrogateescape")).hexdigest()


class SkillCache:
    """The folders below one folder, which several daemons may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, key: str) -> Path | None:
        """The folder of that key, now used."""
        path = self._folder / key
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    def add(self, key: str, fill: Callable[[Path], None]) -> Path:
        """The folder of that key, filled by `fill` unless it is there. What `fill` raises leaves nothing behind."""
        if (present := self.find(key)) is not None:
            return present
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=self._folder))
        try:
            fill(draft)
            os.utime(draft)
            with contextlib.suppress(OSError):  # another daemon was quicker
                draft.rename(self._folder / key)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self._tidy()
        return self._folder / key

    def note(self, key: str, text: str) -> None:
        """Remember a word, such as the version that a name stood for when it was asked last."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file, draft = tempfile.mkstemp(prefix=_DRAFT, dir=self._folder)
        with os.fdopen(file, "w") as writing:
            writing.write(text)
        Path(draft).replace(self._folder / f"{key}.txt")

    def noted(self, key: str) -> str:
        """What was remembered; empty when nothing was."""
        try:
            return (self._folder / f"{key}.txt").read_text()
        except OSError:
            return ""

    def _tidy(self) -> None:
        now, entries = time.time(), list[tuple[float, Path]]()
        for path in self._folder.iterdir():
            with contextlib.suppress(OSError):
                entries.append((path.stat().st_mtime, path))
        entries.sort(reverse=True)
        drafts = [(used, path) for used, path in entries if path.name.startswith(_DRAFT)]
        folders = [(used, path) for used, path in entries if path.is_dir() and (used, path) not in drafts]
        notes = [(used, path) for used, path in entries if path.suffix == ".txt"]
        for used, path in (*drafts, *folders[ENTRIES:], *notes[ENTRIES:]):
            if now - used > _RECENT:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
