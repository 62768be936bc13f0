"""When standard output takes no more: its reader has left, or the disk is full."""

from __future__ import annotations

import errno
import os
import sys

__all__ = ["give_up", "is_refusal"]

_BROKEN_PIPE = 141
_FAILED = 1
_FULL = frozenset({errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC})


def is_refusal(error: OSError) -> bool:
    """Whether nothing more can be written, whatever a command does."""
    return isinstance(error, BrokenPipeError) or error.errno in _FULL


def give_up(error: OSError) -> int:
    """Write nothing more; the exit status. A reader that has left has enough; a full disk is told."""
    if sys.stdout is not None:  # Python would complain when it flushes at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return _BROKEN_PIPE
    print(f"sandbox-agent: cannot write the output: {error.strerror}", file=sys.stderr)
    return _FAILED
