"""Which part of a file a Range header asks for. Pure.

Source: RFC 9110, 14. Several ranges and what cannot be read are answered with the whole file, as it allows.
"""

from __future__ import annotations

import re

__all__ = ["Unsatisfiable", "byte_range"]

_RANGE = re.compile(r"bytes=\s*([0-9]{0,20})-([0-9]{0,20})\s*", re.IGNORECASE)


class Unsatisfiable(Exception):
    """Nothing of the file is in the range."""


def byte_range(text: str, size: int) -> tuple[int, int] | None:
    """First byte and one past the last; None for the whole file. Raises `Unsatisfiable`."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    first, last = match.groups()
    if not first:
        return _suffix(last, size)
    begin = int(first)
    if last and int(last) < begin:
        return None
    if begin >= size:
        raise Unsatisfiable
    return begin, min(int(last) + 1, size) if last else size


def _suffix(count: str, size: int) -> tuple[int, int] | None:
    if not count:
        return None
    if not int(count) or not size:
        raise Unsatisfiable
    return max(size - int(count), 0), size
