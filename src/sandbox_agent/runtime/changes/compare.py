"""Compares a folder with its picture."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from sandbox_agent.runtime.changes.content import Content, read
from sandbox_agent.runtime.changes.picture import Picture, digest
from sandbox_agent.runtime.changes.text import FileDiff, file_diff, shown_path
from sandbox_agent.runtime.changes.tree import Stamp, Tree, look, stamp_of
from sandbox_agent.schema.api import SessionDiff
from sandbox_agent.schema.events import ChangedFile

__all__ = ["compare"]

_UNKNOWN = Content(None, b"unknown")


class _Side(NamedTuple):
    stamp: Stamp
    content: Content


class _Pair(NamedTuple):
    path: str
    old: _Side | None
    new: _Side | None

    @property
    def change(self) -> Literal["added", "modified", "deleted"]:
        return "added" if self.old is None else "deleted" if self.new is None else "modified"

    @property
    def differs(self) -> bool:
        if self.old is None or self.new is None:
            return True
        modes = self.old.stamp.git_mode, self.new.stamp.git_mode
        return modes[0] != modes[1] or self.old.content.print != digest(self.new.content)

    @property
    def can_be_shown(self) -> bool:
        return all(side is None or side.content.text is not None for side in (self.old, self.new))


def compare(picture: Picture, environ: Mapping[str, str]) -> SessionDiff:
    """What is different from the picture now. Blocks."""
    limits = picture.limits
    tree = look(picture.folder, environ, limits)
    now = _now(picture, tree)
    deadline = time.monotonic() + limits.seconds
    truncated = not (picture.whole and tree.whole)
    found: list[tuple[ChangedFile, str]] = []
    size = 0
    for pair in _pairs(picture, now):
        if not pair.differs:
            continue
        diff = _diff_of(pair) if size < limits.diff_bytes and time.monotonic() < deadline else None
        if diff is None or size + len(diff.text) > limits.diff_bytes:
            truncated, diff = True, FileDiff("")
        size += len(diff.text)
        shown = bool(diff.text) and pair.can_be_shown
        file = ChangedFile(
            path=shown_path(pair.path),
            change=pair.change,
            additions=diff.additions,
            deletions=diff.deletions,
            shown=shown,
        )
        found.append((file, diff.text))
    found.sort(key=lambda each: each[0].path)
    text = "".join(text for _, text in found)
    return SessionDiff(files=tuple(file for file, _ in found), diff=text, truncated=truncated)


def _now(picture: Picture, tree: Tree) -> dict[str, Stamp]:
    """The files there are, those among them that git has come to ignore."""
    now = dict(tree.files)
    for path in picture.paths():
        if path not in now and (stamp := stamp_of(_at(picture, path))) is not None:
            now[path] = stamp
    return now


def _pairs(picture: Picture, now: Mapping[str, Stamp]) -> Iterator[_Pair]:
    before = [path for path in picture.paths() if path not in now or picture.is_touched(path, now[path])]
    for path, content in picture.contents(before):
        stamp = picture.stamp(path)
        old = None if stamp is None else _Side(stamp, content)
        yield _Pair(path, old, _read(picture, path, now.get(path), picture.limit(path)))
    for path, stamp in now.items():
        if picture.stamp(path) is not None:
            continue
        if picture.whole:
            yield _Pair(path, None, _read(picture, path, stamp, picture.limits.file_bytes))
        elif stamp.touched > picture.taken:
            # It was written since, but nobody has seen whether it was there before.
            yield _Pair(path, _Side(stamp, _UNKNOWN), _Side(stamp, _UNKNOWN))


def _read(picture: Picture, path: str, stamp: Stamp | None, limit: int) -> _Side | None:
    return None if stamp is None else _Side(stamp, read(_at(picture, path), stamp, limit))


def _diff_of(pair: _Pair) -> FileDiff:
    old, new = (None if side is None else (side.stamp.git_mode, side.content.text) for side in (pair.old, pair.new))
    return file_diff(pair.path, old, new)


def _at(picture: Picture, path: str) -> str:
    return os.path.join(picture.folder, path)  # noqa: PTH118 - undecodable names pass through
