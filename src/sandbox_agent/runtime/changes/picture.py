"""The picture of a folder at the beginning of a session.

Text that git has in its index is not kept again. What is kept lies compressed in memory, and beyond some size in a file
without a name, which vanishes with the daemon however that ends.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sandbox_agent.runtime.changes.content import Content, content_of, read
from sandbox_agent.runtime.changes.git import Git, GitFailed
from sandbox_agent.runtime.changes.tree import Limits, Stamp, look

__all__ = ["Picture", "take_picture"]

_IN_MEMORY = 256 * 1024
_TICK = 50_000_000
"""Nanoseconds: a file written so shortly before it was read may be written again under the same time."""


class _Kept(NamedTuple):
    stamp: Stamp
    print: bytes = b""
    """Digest of the content."""
    place: tuple[int, int] | None = None
    """Offset and length in the store; None for what cannot be shown."""
    blob: str | None = None
    """Where git has it."""
    read: bool = True
    """False when there was no room for it: only its stamp is known."""


class Picture:
    """What was there. Used by one thread at a time."""

    def __init__(self, folder: str, limits: Limits, data_dir: Path) -> None:
        self.folder = folder
        self.limits = limits
        self.taken = time.time_ns()
        self.whole = True
        self._git: Git | None = None
        self._kept: dict[str, _Kept] = {}
        self._store = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - open as long as the session
            _IN_MEMORY, dir=str(data_dir) if data_dir.is_dir() else None
        )
        self._size = 0

    def paths(self) -> Iterator[str]:
        """All files that were there."""
        return iter(self._kept)

    def stamp(self, path: str) -> Stamp | None:
        """The stamp a file had."""
        kept = self._kept.get(path)
        return None if kept is None else kept.stamp

    def is_touched(self, path: str, now: Stamp) -> bool:
        """Whether a file that was there may have another content now."""
        before = self._kept[path].stamp
        return before != now or before.touched > self.taken - _TICK

    def limit(self, path: str) -> int:
        """How many bytes of a file that was there are to be read now, so that it can be compared."""
        return self.limits.file_bytes if self._kept[path].read else 0

    def contents(self, paths: Sequence[str]) -> Iterator[tuple[str, Content]]:
        """What was in files that were there, with digests for prints."""
        blobs = [(path, blob) for path in paths if (blob := self._kept[path].blob) is not None]
        yield from self._from_git(blobs)
        for path in paths:
            kept = self._kept[path]
            if kept.blob is None:
                yield path, Content(None if kept.place is None else self._load(kept.place), kept.print)

    def close(self) -> None:
        """Let go of what was kept."""
        self._kept = {}
        self._store.close()

    def __del__(self) -> None:
        """A session that nobody ended must not keep its file open."""
        self._store.close()

    def fill(self, environ: Mapping[str, str]) -> None:
        """Look at the folder and keep what is there."""
        deadline = time.monotonic() + self.limits.seconds
        tree = look(self.folder, environ, self.limits, clean=True)
        self.whole, self._git = tree.whole, tree.git
        for path, stamp in tree.files.items():
            blob = tree.clean.get(path)
            if blob is not None and stamp.size <= self.limits.file_bytes:
                self._kept[path] = _Kept(stamp, blob=blob)
                continue
            full = self._size >= self.limits.kept_bytes or time.monotonic() > deadline
            content = read(os.path.join(self.folder, path), stamp, 0 if full else self.limits.file_bytes)  # noqa: PTH118
            place = None if content.text is None else self._save(content.text)
            self._kept[path] = _Kept(stamp, digest(content), place, read=not full)

    def _from_git(self, wanted: list[tuple[str, str]]) -> Iterator[tuple[str, Content]]:
        done = 0
        if self._git is not None and wanted:
            try:
                for (path, _), data in zip(wanted, self._git.blobs(blob for _, blob in wanted), strict=True):
                    content = Content(None, b"gone") if data is None else content_of(data)
                    yield path, Content(content.text, digest(content))
                    done += 1
            except (GitFailed, OSError):
                pass  # the repository may have been taken away
        for path, _ in wanted[done:]:
            yield path, Content(None, b"gone")

    def _save(self, text: bytes) -> tuple[int, int]:
        packed = zlib.compress(text, 1)
        offset = self._store.seek(0, os.SEEK_END)
        self._store.write(packed)
        self._size += len(text)
        return offset, len(packed)

    def _load(self, place: tuple[int, int]) -> bytes:
        self._store.seek(place[0])
        return zlib.decompress(self._store.read(place[1]))


def digest(content: Content) -> bytes:
    """A print of a few bytes."""
    return hashlib.blake2b(content.print, digest_size=16).digest()


def take_picture(folder: str, environ: Mapping[str, str], limits: Limits, data_dir: Path) -> Picture:
    """The picture of a folder as it is now. Blocks."""
    picture = Picture(folder, limits, data_dir)
    picture.fill(environ)
    return picture
