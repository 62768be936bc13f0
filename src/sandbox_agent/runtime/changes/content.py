"""What is in a file, as far as a diff can show it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

from sandbox_agent.runtime.changes.tree import Stamp

__all__ = ["Content", "content_of", "read"]

_SNIFF = 8000


class Content(NamedTuple):
    """A file's content, or why it is not here."""

    text: bytes | None
    """None when it cannot be shown."""
    print: bytes
    """Equal for equal contents."""


def content_of(data: bytes) -> Content:
    """Binary data is told by a NUL near its beginning, like git does."""
    if b"\0" in data[:_SNIFF]:
        return Content(None, data)
    return Content(data, data)


def read(path: str, stamp: Stamp, limit: int) -> Content:
    """The content of a file or link; beyond `limit` bytes, size and time stand for it."""
    if stamp.size > limit:
        return _by_stamp(stamp)
    try:
        if stat.S_ISLNK(stamp.mode):
            return content_of(os.fsencode(Path(path).readlink()))
        # Opened without following or waiting: in the meantime it may have become a link or a pipe.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as file:  # noqa: PTH123 - it is open already
            data = file.read(limit + 1)
    except (OSError, ValueError):
        return _by_stamp(stamp)
    return content_of(data) if len(data) <= limit else _by_stamp(stamp)


def _by_stamp(stamp: Stamp) -> Content:
    return Content(None, f"{stamp.size} {stamp.written}".encode())
