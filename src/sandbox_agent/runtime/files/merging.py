"""Moves a folder's content into another folder: folders are merged, everything else is replaced."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager

from sandbox_agent.runtime.files.failures import not_a_file, not_a_folder
from sandbox_agent.runtime.files.renaming import rename
from sandbox_agent.runtime.files.root import FOLDER, Spot
from sandbox_agent.schema.errors import InvalidRequest, StreamError

__all__ = ["merge"]


def merge(source: int, target: int, path: str) -> None:
    """Move everything in `source` into `target` (open folders of one file system), whose path is `path`.

    Raises `InvalidRequest` when a file stands where a folder has to go or the other way round, or a link where a
    folder has to be entered; then nothing is moved. Raises `StreamError` when it fails later; `details.moved` tells
    what is in.
    """
    _check(source, target, path)
    moved: list[str] = []
    try:
        _move(source, target, path, moved)
    except OSError as error:
        details = {"message": error.strerror, "moved": moved[:1024], "movedCount": len(moved)}
        raise StreamError(f"{path}: unpacked in part: {error.strerror}", details=details) from error


def _check(source: int, target: int, path: str) -> None:
    for name in os.listdir(source):
        ours, theirs = Spot(source, name).stat(), Spot(target, name).status()
        if theirs is None:
            continue
        inner = f"{path.rstrip('/')}/{name}"
        match stat.S_ISDIR(ours.st_mode), stat.S_ISDIR(theirs.st_mode):
            case True, True:
                with _both(source, target, name) as (from_folder, to_folder):
                    _check(from_folder, to_folder, inner)
            case True, False if stat.S_ISLNK(theirs.st_mode):
                raise InvalidRequest(f"tar entry escapes destination: {inner}", hint="a link is there already")
            case True, False:
                raise not_a_folder(inner)
            case False, True:
                raise not_a_file(inner)
            case _:
                pass


def _move(source: int, target: int, path: str, moved: list[str]) -> None:
    for name in os.listdir(source):
        ours, theirs = Spot(source, name), Spot(target, name)
        inner = f"{path.rstrip('/')}/{name}"
        there = theirs.status()
        if there is not None and stat.S_ISDIR(there.st_mode) and stat.S_ISDIR(ours.stat().st_mode):
            with _both(source, target, name) as (from_folder, to_folder):
                _move(from_folder, to_folder, inner, moved)
        else:
            rename(ours, theirs)
            moved.append(inner)


@contextmanager
def _both(source: int, target: int, name: str) -> Generator[tuple[int, int]]:
    from_folder = Spot(source, name).open(FOLDER)
    try:
        to_folder = Spot(target, name).open(FOLDER)
        try:
            yield from_folder, to_folder
        finally:
            os.close(to_folder)
    finally:
        os.close(from_folder)
