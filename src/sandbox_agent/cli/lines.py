"""A line from the person at the terminal."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
from collections.abc import Generator

__all__ = ["read_line"]


def read_line(prompt: str) -> str:
    """What is typed after `prompt`, without the line's end. Only in the main thread; signal handlers run at once.

    Raises:
        EOFError: Nothing more can be typed.
    """
    termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)  # what was typed before was no answer to this
    print(prompt, end="", flush=True)
    # `input` alone would sleep through a signal that comes just before it, or to another thread: Python runs a
    # handler only when the main thread wakes.
    with _signals() as signals:
        while sys.stdin not in select.select([sys.stdin, signals], [], [])[0]:
            os.read(signals, 4096)
    return input()


@contextlib.contextmanager
def _signals() -> Generator[int]:
    """A descriptor that can be read when a signal has come."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(before)
        os.close(reader)
        os.close(writer)
