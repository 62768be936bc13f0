"""Unified diffs of files that an agent told whole."""

from __future__ import annotations

__all__ = ["added", "removed"]

_NOWHERE = "/dev/null"


def added(path: str, content: str) -> str:
    """The diff of a file that was not there before."""
    lines = _signed("+", content)
    return _diff(_NOWHERE, path, f"-0,0 +1,{_count(content)}", lines)


def removed(path: str, content: str) -> str:
    """The diff of a file that is not there any more."""
    lines = _signed("-", content)
    return _diff(path, _NOWHERE, f"-1,{_count(content)} +0,0", lines)


def _diff(old: str, new: str, ranges: str, lines: list[str]) -> str:
    hunk = [f"@@ {ranges} @@", *lines] if lines else []
    return "\n".join([f"--- {old}", f"+++ {new}", *hunk]) + "\n"


def _count(content: str) -> int:
    return content.count("\n") + (bool(content) and not content.endswith("\n"))


def _signed(sign: str, content: str) -> list[str]:
    if not content:
        return []
    # Only LF ends a line of a diff; `splitlines` knows many more.
    lines = [f"{sign}{line}" for line in content.removesuffix("\n").split("\n")]
    return lines if content.endswith("\n") else [*lines, "\\ No newline at end of file"]
