"""What a file tool did, as a unified diff."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox_agent.adapter.values import as_dict, as_list

__all__ = ["patched"]


def patched(path: str, hunks: object) -> str | None:
    """The diff of a change, from the CLI's `structuredPatch`; None where that says nothing."""
    lines: list[str] = []
    for hunk in as_list(hunks):
        lines += _hunk(as_dict(hunk))
    return "\n".join([f"--- {path}", f"+++ {path}", *lines]) + "\n" if lines else None


def _hunk(hunk: dict[str, Any]) -> Iterator[str]:
    yield (
        f"@@ -{hunk.get('oldStart', 0)},{hunk.get('oldLines', 0)}"
        f" +{hunk.get('newStart', 0)},{hunk.get('newLines', 0)} @@"
    )
    yield from (str(line) for line in as_list(hunk.get("lines")))
