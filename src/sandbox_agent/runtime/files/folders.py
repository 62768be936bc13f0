"""Makes folders, with those above them."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from sandbox_agent.runtime.files.failures import not_a_folder
from sandbox_agent.runtime.files.root import FOLDER, Root, Spot

__all__ = ["ensure_folder", "make_folder"]


def ensure_folder(root: Root, path: str) -> None:
    """Make a folder; well when it is there. Raises `InvalidRequest`, `Outside` and `OSError`."""
    with root.walk(path, make=True) as spot:
        _ensure(spot, path)


def make_folder(root: Root, path: str) -> tuple[int, list[tuple[str, ...]]]:
    """The same; the descriptor of the folder, and what was made. The caller closes the one and undoes the other."""
    with root.walk(path, make=True) as spot:
        made = list(spot.created)
        if _ensure(spot, path):
            made.append(spot.parts)
        try:
            return spot.open(FOLDER), made
        except BaseException:
            root.undo(made)
            raise


def _ensure(spot: Spot, path: str) -> bool:
    made = False
    with suppress(FileExistsError):
        os.mkdir(spot.name, dir_fd=spot.folder)
        made = True
    if not stat.S_ISDIR(spot.stat().st_mode):
        raise not_a_folder(path)
    return made
