"""Moves, also between file systems: what is at the target is whole at every moment, the old or the new."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from sandbox_agent.runtime.files.copying import copy_tree
from sandbox_agent.runtime.files.drafts import hidden_name
from sandbox_agent.runtime.files.failures import explained, not_found
from sandbox_agent.runtime.files.paths import below
from sandbox_agent.runtime.files.removing import remove_tree
from sandbox_agent.runtime.files.renaming import rename, rename_exclusive
from sandbox_agent.runtime.files.root import Root, Spot
from sandbox_agent.schema.errors import InvalidRequest

__all__ = ["move"]


def move(root: Root, source: str, target: str, *, overwrite: bool) -> None:
    """Move a file, a link (not what it leads to) or a folder; makes the folders that are missing on the way.

    Raises `InvalidRequest`, `PermissionDenied`, `StreamError`.
    """
    with explained(source), root.walk(source, follow=False) as from_spot:
        if from_spot.status() is None:
            raise not_found(source)
        _check(root, source, target)
        with explained(target, making=True), root.walk(target, follow=False, make=True) as to_spot:
            try:
                _move(from_spot, to_spot, source, target, overwrite=overwrite)
            except BaseException:
                root.undo(to_spot.created)
                raise


def _check(root: Root, source: str, target: str) -> None:
    for path in (source, target):
        if not root.parts(path):
            raise InvalidRequest(f"the root cannot be moved or replaced: {path}")
    if source != target and below(target, source) is not None:
        raise InvalidRequest(f"cannot move a directory into itself: {target}")
    if source != target and below(source, target) is not None:
        raise InvalidRequest(f"the destination contains what is to be moved: {target}")


def _move(source: Spot, target: Spot, named: str, path: str, *, overwrite: bool) -> None:
    there = target.status()
    if there is None or not overwrite:
        try:
            _place(source, target, named, exclusive=True)
        except FileExistsError as error:
            raise InvalidRequest(f"destination already exists: {path}", hint="overwrite: true") from error
        return
    if _same_name(source, target):
        return
    if stat.S_ISDIR(there.st_mode) or stat.S_ISDIR(source.stat().st_mode):
        _replace(source, target, named)
    else:
        _place(source, target, named, exclusive=False)


def _same_name(source: Spot, target: Spot) -> bool:
    """Whether both are one name in one folder. Two names of one file are two things."""
    return source.name == target.name and os.path.samestat(os.fstat(source.folder), os.fstat(target.folder))


def _replace(source: Spot, target: Spot, named: str) -> None:
    """Replace where a rename alone cannot: the old one steps aside, comes back if all fails, and goes at the end."""
    aside = Spot(target.folder, hidden_name())
    rename(target, aside)
    try:
        _place(source, target, named, exclusive=True)
    except BaseException:
        with suppress(OSError):
            rename_exclusive(aside, target)
        raise
    remove_tree(aside)


def _place(source: Spot, target: Spot, named: str, *, exclusive: bool) -> None:
    put = rename_exclusive if exclusive else rename
    try:
        put(source, target)
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise InvalidRequest(f"cannot move a directory into itself: {named}") from error
        if error.errno != errno.EXDEV:
            raise
    else:
        return
    copy = Spot(target.folder, hidden_name())
    try:
        copy_tree(source, copy)
        put(copy, target)
    except BaseException:
        with suppress(OSError):
            remove_tree(copy)
        raise
    remove_tree(source)
