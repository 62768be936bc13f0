"""Plain values of unknown shape."""

from __future__ import annotations

from typing import Any, TypeAlias, cast

__all__ = ["Json", "list_of", "object_of"]

Json: TypeAlias = dict[str, Any]


def object_of(value: object) -> Json:
    """The value if it is an object, else an empty one."""
    return cast("Json", value) if isinstance(value, dict) else {}


def list_of(value: object) -> list[Json]:
    """The objects of a list; empty when it is none."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [object_of(item) for item in items]
