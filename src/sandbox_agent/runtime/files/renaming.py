"""Renames that refuse to replace, in one step where the system has one."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import sys
from collections.abc import Callable

from sandbox_agent.runtime.files.root import Spot

__all__ = ["rename", "rename_exclusive"]

_LINUX_NOREPLACE = 1
_DARWIN_EXCL = 4
_UNAVAILABLE = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})


def rename(source: Spot, target: Spot) -> None:
    """Rename; replaces a file, and an empty folder by a folder."""
    os.rename(source.name, target.name, src_dir_fd=source.folder, dst_dir_fd=target.folder)


def rename_exclusive(source: Spot, target: Spot) -> None:
    """Rename; raises `FileExistsError` when something is there."""
    call = _call()
    if call is not None:
        failure = call(source.folder, os.fsencode(source.name), target.folder, os.fsencode(target.name))
        if failure not in _UNAVAILABLE:
            if failure:
                raise OSError(failure, os.strerror(failure))
            return
    if target.status() is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    rename(source, target)


@functools.cache
def _call() -> Callable[[int, bytes, int, bytes], int] | None:
    """The system's own call: 0 or an error number. Python has no name for it."""
    name, flag = ("renameatx_np", _DARWIN_EXCL) if sys.platform == "darwin" else ("renameat2", _LINUX_NOREPLACE)
    try:
        function = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (AttributeError, OSError):
        return None
    function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)

    def call(source_folder: int, source: bytes, target_folder: int, target: bytes) -> int:
        return ctypes.get_errno() if function(source_folder, source, target_folder, target, flag) else 0

    return call
