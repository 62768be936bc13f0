"""Deletes trees without following links, however deep they are."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from sandbox_agent.runtime.files.drafts import hidden_name
from sandbox_agent.runtime.files.root import FOLDER, Spot

__all__ = ["remove_tree"]

_DEPTH = 64
"""Folders that are open at the same time; what is deeper is brought up first."""


def remove_tree(spot: Spot) -> None:
    """Delete what is there with everything in it; a link is deleted, not what it leads to. Raises `OSError`."""
    if not stat.S_ISDIR(spot.stat().st_mode):
        os.unlink(spot.name, dir_fd=spot.folder)
        return
    top = spot.open(FOLDER)
    try:
        while _empty(top, top, 0):
            pass
    finally:
        os.close(top)
    os.rmdir(spot.name, dir_fd=spot.folder)


def _empty(folder: int, top: int, depth: int) -> bool:
    """Empty a folder; whether something was brought up into `top` and is left there."""
    brought_up = False
    with os.scandir(folder) as entries:
        names = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in names:
        with suppress(FileNotFoundError):
            if not is_folder:
                os.unlink(name, dir_fd=folder)
            elif depth >= _DEPTH:
                os.rename(name, hidden_name(), src_dir_fd=folder, dst_dir_fd=top)
                brought_up = True
            else:
                brought_up |= _remove(name, folder, top, depth + 1)
    return brought_up


def _remove(name: str, folder: int, top: int, depth: int) -> bool:
    inner = Spot(folder, name).open(FOLDER)
    try:
        brought_up = _empty(inner, top, depth)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=folder)
    return brought_up
