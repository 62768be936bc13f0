"""What a file tool did, as a unified diff."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox_agent.agents.claude.native import as_dict, as_list

__all__ = ["created", "patched"]


def created(path: str, content: str) -> str:
    """The diff of a new file."""
    lines = content.split("\n")
    ends = lines[-1] == ""
    if ends:
        lines.pop()
    body = [f"+{line}" for line in lines]
    if lines and not ends:
        body.append("\\ No newline at end of file")
    hunk = [f"@@ -0,0 +1,{len(lines)} @@", *body] if lines else []
    return "\n".join(["--- /dev/null", f"+++ {path}", *hunk]) + "\n"


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
