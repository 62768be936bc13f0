"""What a version looks like, and which of two is newer."""

from __future__ import annotations

import re

__all__ = ["is_version", "version_order"]

_EXACT = re.compile(r"[0-9][0-9A-Za-z.+_-]{0,99}")


def is_version(text: str) -> bool:
    """Whether it can be an exact version, and so the name of a folder and part of a package's name."""
    return _EXACT.fullmatch(text) is not None


def version_order(version: str) -> list[tuple[int, str]]:
    """A key to sort versions by: numbers by their size, words before numbers."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in version.split(".")]
