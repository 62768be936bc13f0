"""Which files a folder holds, and stamps that tell whether one was touched."""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from sandbox_agent.runtime.changes.git import Git, GitFailed

__all__ = ["Limits", "Stamp", "Tree", "look", "stamp_of"]


class Limits(NamedTuple):
    """How much is looked at."""

    files: int = 20_000
    seconds: float = 3.0
    file_bytes: int = 1024 * 1024
    """Larger files are compared by size and time, and only named."""
    kept_bytes: int = 64 * 1024 * 1024
    """Of all files together at the beginning; beyond, files are only named."""
    diff_bytes: int = 2 * 1024 * 1024
    """Of the diff as a whole."""


class Stamp(NamedTuple):
    """What changes when a file is written. Times are nanoseconds since the epoch."""

    mode: int
    size: int
    written: int
    touched: int
    inode: int

    @property
    def git_mode(self) -> str:
        """As a diff says it."""
        if stat.S_ISLNK(self.mode):
            return "120000"
        return "100755" if self.mode & stat.S_IXUSR else "100644"


class Tree(NamedTuple):
    """The files of a folder, by path relative to it. Symbolic links are files; what git ignores is not there."""

    files: Mapping[str, Stamp]
    whole: bool
    """Whether these are all."""
    git: Git | None = None
    clean: Mapping[str, str] = {}
    """Files that are as git's index has them, with their blobs."""


def stamp_of(path: str) -> Stamp | None:
    """The stamp of a file or link; None for everything else."""
    try:
        seen = os.lstat(path)
    except (OSError, ValueError):
        return None
    return _stamp(seen)


def look(folder: str, environ: Mapping[str, str], limits: Limits, *, clean: bool = False) -> Tree:
    """The files of a folder as they are now; with `clean` also what git knows of them."""
    git = Git.of(folder, environ, limits.seconds)
    if git is not None:
        try:
            return _tracked(git, folder, limits, clean=clean)
        except (GitFailed, OSError):
            pass  # a damaged tree is a folder like any other
    return _walked(folder, limits)


def _tracked(git: Git, folder: str, limits: Limits, *, clean: bool) -> Tree:
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
    names, whole = git.paths(*listing, limit=limits.files)
    files = {name: seen for name in names if (seen := stamp_of(os.path.join(folder, name))) is not None}  # noqa: PTH118
    return Tree(files, whole, git, _clean(git, files, limits) if clean else {})


def _clean(git: Git, files: Iterable[str], limits: Limits) -> dict[str, str]:
    records, whole = git.paths("ls-files", "-z", "--stage", limit=limits.files)
    blobs: dict[str, str] = {}
    for record in records:
        about, _, name = record.partition("\t")
        _, blob, stage = about.split()
        if stage == "0":
            blobs[name] = blob
    dirty, all_dirty = git.paths("diff-files", "-z", "--name-only", "--relative", limit=limits.files)
    if not all_dirty or not whole:
        return {}
    unclean = set(dirty)
    return {name: blobs[name] for name in files if name in blobs and name not in unclean}


def _walked(folder: str, limits: Limits) -> Tree:
    files: dict[str, Stamp] = {}
    deadline = time.monotonic() + limits.seconds
    todo = deque([""])
    try:
        device = os.lstat(folder).st_dev
    except OSError:
        return Tree({}, whole=True)
    while todo:
        below = todo.popleft()
        for name, seen in _entries(Path(folder, below)):
            path = f"{below}/{name}" if below else name
            if stat.S_ISDIR(seen.st_mode):
                if seen.st_dev == device:
                    todo.append(path)
            elif (stamp := _stamp(seen)) is not None:
                if len(files) >= limits.files or time.monotonic() > deadline:
                    return Tree(files, whole=False)
                files[path] = stamp
    return Tree(files, whole=True)


def _entries(folder: Path) -> list[tuple[str, os.stat_result]]:
    found: list[tuple[str, os.stat_result]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name == ".git":
                    continue
                try:
                    found.append((entry.name, entry.stat(follow_symlinks=False)))
                except OSError:
                    continue
    except OSError:
        return []
    return sorted(found, key=lambda pair: pair[0])


def _stamp(seen: os.stat_result) -> Stamp | None:
    if not (stat.S_ISREG(seen.st_mode) or stat.S_ISLNK(seen.st_mode)):
        return None
    return Stamp(seen.st_mode, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino)
