"""Copies trees from folder to folder without following links."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import ExitStack, closing

from sandbox_agent.runtime.files.root import FOLDER, Spot

__all__ = ["copy_tree"]

_DEPTH = 200
"""Each folder on the way down takes two descriptors."""


def copy_tree(source: Spot, target: Spot, depth: int = 0) -> None:
    """Copy a file, a link or a whole folder to where nothing is yet, with modes and times.

    Raises `OSError`; then what is there already stays for the caller to remove.
    """
    status = source.stat()
    if stat.S_ISLNK(status.st_mode):
        os.symlink(os.readlink(source.name, dir_fd=source.folder), target.name, dir_fd=target.folder)
    elif stat.S_ISDIR(status.st_mode):
        if depth > _DEPTH:
            raise OSError(errno.ENAMETOOLONG, "too deep to be copied")
        _copy_folder(source, target, status, depth)
    elif stat.S_ISREG(status.st_mode):
        _copy_file(source, target, status)
    else:
        raise OSError(errno.EINVAL, f"{source.name} is a device, a pipe or a socket and cannot be copied")


def _copy_file(source: Spot, target: Spot, status: os.stat_result) -> None:
    with (
        closing(os.fdopen(source.open(os.O_RDONLY | os.O_NONBLOCK), "rb")) as reading,
        closing(os.fdopen(target.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")) as writing,
    ):
        shutil.copyfileobj(reading, writing, 1024 * 1024)
        writing.flush()
        _dress(writing.fileno(), status)
        os.fsync(writing.fileno())


def _copy_folder(source: Spot, target: Spot, status: os.stat_result, depth: int) -> None:
    with ExitStack() as stack:
        reading = source.open(FOLDER)
        stack.callback(os.close, reading)
        os.mkdir(target.name, 0o700, dir_fd=target.folder)
        writing = target.open(FOLDER)
        stack.callback(os.close, writing)
        for name in os.listdir(reading):  # noqa: PTH208 - it is a descriptor
            copy_tree(Spot(reading, name), Spot(writing, name), depth + 1)
        _dress(writing, status)


def _dress(descriptor: int, status: os.stat_result) -> None:
    """Owner first: a change of it takes set-user bits away."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
    os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))
