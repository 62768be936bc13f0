"""The order of versions."""

from __future__ import annotations

__all__ = ["version_order"]


def version_order(version: str) -> list[tuple[int, str]]:
    """A key to sort versions by: numbers by their size, words before numbers."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in version.split(".")]
