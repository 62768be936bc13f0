"""The rules for paths that clients send. Pure: nothing here looks at a disk.

Source: the path rules of the 0.1.x file API.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from sandbox_agent.schema.errors import InvalidRequest

__all__ = ["PATH_LIMIT", "below", "entry_parts", "link_stays_inside", "locate", "parts_of"]

PATH_LIMIT = 4_095
"""Bytes of a path that Linux takes in one piece."""


def locate(text: str, base: str) -> str:
    """The absolute path that a client means. `base`: absolute, where relative paths begin.

    An absolute path is used as it is. Raises `InvalidRequest` for a relative one with `..`, for a NUL, and for
    one that is too long.
    """
    if "\0" in text:
        raise InvalidRequest(f"invalid path: {text[:200]!r}", hint="a path has no NUL")
    if len(text.encode("utf-8", "surrogatepass")) > PATH_LIMIT:
        # We could follow and even make it, folder by folder; nobody else could then use or remove what is there.
        raise InvalidRequest("the path is too long", hint=f"a path has at most {PATH_LIMIT} bytes")
    if text.startswith("/"):
        return str(PurePosixPath("/", text.lstrip("/")))
    parts = parts_of(text)
    if ".." in parts:
        raise InvalidRequest(f"invalid relative path: {text}", hint="use an absolute path to leave the folder")
    return str(PurePosixPath(base, *parts))


def parts_of(path: str) -> tuple[str, ...]:
    """The names in a path, without what means nothing (`.`, doubled slashes)."""
    return tuple(part for part in path.split("/") if part not in {"", "."})


def below(path: str, root: str) -> tuple[str, ...] | None:
    """The names in `path` (absolute) that come after `root`; None when it does not begin with `root`."""
    parts, above = parts_of(path), parts_of(root)
    return parts[len(above) :] if parts[: len(above)] == above else None


def entry_parts(name: str) -> tuple[str, ...]:
    """The names in the path of an archive's entry. Raises `InvalidRequest` when it is absolute or has `..`."""
    parts = parts_of(name)
    if name.startswith("/") or ".." in parts or "\0" in name:
        raise InvalidRequest(f"tar entry escapes destination: {name[:200]}")
    return parts


def link_stays_inside(target: str, depth: int) -> bool:
    """Whether a symbolic link, in a real folder `depth` folders below a top, leads nowhere above that top.

    `..` may stand only at the beginning: further on it would begin from wherever another link leads. Then, by
    induction over the links of a tree, no chain of them leaves it either.
    """
    parts = parts_of(target)
    rising = next((i for i, part in enumerate(parts) if part != ".."), len(parts))
    return not target.startswith("/") and rising <= depth and ".." not in parts[rising:]
