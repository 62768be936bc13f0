"""Where a bug is told: on the daemon's stderr."""

from __future__ import annotations

import contextlib
import sys
import traceback

__all__ = ["print_bug"]


def print_bug(error: BaseException) -> None:
    """Print the traceback of a bug. Raises nothing: whoever was to read it may have left, and the daemon goes on."""
    with contextlib.suppress(OSError, ValueError):
        traceback.print_exception(error, file=sys.stderr)
