"""Walks paths so that nobody can lead us out of the file root, not even by swapping folders for links meanwhile.

Each name is opened from the folder before it, without following links; links are read and followed by hand. So where
we arrive is below the root at every moment, and what is done there is done through the folder's descriptor.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from sandbox_agent.runtime.files.failures import Outside
from sandbox_agent.runtime.files.paths import below, parts_of

__all__ = ["FOLDER", "PASSING", "Root", "Spot", "readlink"]

PASSING: int = getattr(os, "O_PATH", getattr(os, "O_SEARCH", os.O_RDONLY)) | os.O_DIRECTORY | os.O_NOFOLLOW
"""To pass through a folder, which may be unreadable."""
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
"""To list a folder."""
_PartsInRoot: TypeAlias = Callable[[str], tuple[str, ...]]
_LINKS = 40
_STEPS = 20_000
"""Names in one walk, those of links included. Going up begins at the root again, so they can become many."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A name in an open folder, whether something is there or not. Good as long as its walk's `with`."""

    folder: int
    """Descriptor; for `dir_fd` only, it may be unreadable."""
    name: str
    """`.` for the root itself."""
    parts: tuple[str, ...] = ()
    """Where that is below the root."""
    created: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    """Folders that the walk made on its way, below the root."""

    def stat(self) -> os.stat_result:
        """What is there, the link itself for a link. Raises `FileNotFoundError`."""
        return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)

    def status(self) -> os.stat_result | None:
        """What is there, or None."""
        try:
            return self.stat()
        except FileNotFoundError:
            return None

    def open(self, flags: int, mode: int = 0o777) -> int:
        """Open what is there, but no link."""
        return os.open(self.name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=self.folder)


class Root:
    """The folder that no path leads out of; `/` unless the daemon was given one."""

    def __init__(self, path: Path | None) -> None:
        self.jailed = path is not None
        self.path = str(path.absolute()) if path else "/"
        self._real = os.path.realpath(self.path)

    def parts(self, path: str) -> tuple[str, ...]:
        """The names of an absolute path after the root. Raises `Outside`."""
        for root in (self.path, self._real):
            parts = below(path, root)
            if parts is not None:
                return parts
        raise Outside

    @contextmanager
    def walk(self, path: str, *, follow: bool = True, make: bool = False) -> Generator[Spot]:
        """The spot of an absolute path. `follow`: a link at its end too; `make`: the folders that are missing.

        Raises `Outside` and `OSError`. What was made stays, unless `undo` is called.
        """
        walk = _Walk(self._real, follow=follow, make=make)
        try:
            try:
                name = walk.to(self.parts(path), self.parts)
            except BaseException:
                self.undo(walk.created)
                raise
            yield Spot(walk.folder, name, (*walk.done, name), walk.created)
        finally:
            walk.close()

    def undo(self, created: Sequence[tuple[str, ...]]) -> None:
        """Remove folders that a walk made, if they are empty."""
        for parts in reversed(created):
            walk = _Walk(self._real, follow=False, make=False)
            with suppress(OSError, Outside):
                os.rmdir(walk.to(parts, self.parts), dir_fd=walk.folder)
            walk.close()


class _Walk:
    def __init__(self, root: str, *, follow: bool, make: bool) -> None:
        self._root = root
        self._follow = follow
        self._make = make
        self.done: list[str] = []
        self._links = 0
        self.created: list[tuple[str, ...]] = []
        self.folder = os.open(root, PASSING | os.O_CLOEXEC)

    def close(self) -> None:
        os.close(self.folder)

    def to(self, parts: Iterable[str], parts_in_root: _PartsInRoot) -> str:
        """Go there; the last name is returned, the folder before it is open."""
        todo = deque(parts)
        for _ in range(_STEPS):
            if not todo:
                return "."
            name = todo.popleft()
            if name == "..":
                self._go_up(todo)
                continue
            if not todo and not self._follow:
                return name
            target = self._enter(name) if todo else readlink(name, self.folder)
            if target is not None:
                self._follow_link(target, todo, parts_in_root)
            elif not todo:
                return name
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))

    def _enter(self, name: str) -> str | None:
        """Go into a folder; where a link leads, if it is one."""
        try:
            self._into(name)
        except FileNotFoundError:
            if not self._make:
                raise
            self._create(name)
        except OSError as error:
            target = readlink(name, self.folder) if error.errno in {errno.ENOTDIR, errno.ELOOP} else None
            if target is None:
                raise
            return target
        return None

    def _create(self, name: str) -> None:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=self.folder)
            self.created.append((*self.done, name))
        self._into(name)

    def _into(self, name: str) -> None:
        inner = os.open(name, PASSING | os.O_CLOEXEC, dir_fd=self.folder)
        os.close(self.folder)
        self.folder = inner
        self.done.append(name)

    def _go_up(self, todo: deque[str]) -> None:
        if not self.done:
            if self._root == "/":
                return
            raise Outside
        todo.extendleft(reversed(self.done[:-1]))
        self._restart()

    def _restart(self) -> None:
        """Up is always from the root down again: `..` of an open folder may have been moved elsewhere."""
        root = os.open(self._root, PASSING | os.O_CLOEXEC)
        os.close(self.folder)
        self.folder = root
        self.done.clear()

    def _follow_link(self, target: str, todo: deque[str], parts_in_root: _PartsInRoot) -> None:
        self._links += 1
        if self._links > _LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if target.startswith("/"):
            parts = parts_in_root(target)
            self._restart()
        else:
            parts = parts_of(target)
        todo.extendleft(reversed(parts))


def readlink(name: str, folder: int) -> str | None:
    """Where a link leads; None when there is no link."""
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError as error:
        if error.errno in {errno.EINVAL, errno.ENOENT}:
            return None
        raise
