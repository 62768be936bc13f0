"""Which files a tool read or changed, with the diff where the server tells it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from sandbox_agent.adapter.diffs import added
from sandbox_agent.adapter.values import as_dict, as_list
from sandbox_agent.agents.opencode.native import State
from sandbox_agent.schema.content import FileAction, FileRefPart

__all__ = ["plain_diff", "planned", "touched"]

_ACTIONS: dict[str, FileAction] = {"edit": "patch", "multiedit": "patch", "read": "read", "write": "write"}
_PATCHES = ("apply_patch", "patch")


def touched(tool: str, state: State, directory: str, proposed: str | None) -> Iterator[FileRefPart]:
    """The files of a finished call. `proposed`: the diff for which a permission was asked."""
    given, metadata = as_dict(state.input), as_dict(state.metadata)
    if tool in _PATCHES:
        yield from _patched(metadata, directory)
        return
    action, named = _ACTIONS.get(tool), given.get("filePath")
    if action is None or not isinstance(named, str):
        return
    path = posixpath.join(directory, named)
    yield FileRefPart(
        path=path, action=action, diff=None if action == "read" else _diff(path, given, metadata, proposed)
    )


def planned(tool: str, state: State, before: str | None) -> str | None:
    """The plan after a call: what was written to a file of plans, else `before`."""
    given = as_dict(state.input)
    named = given.get("filePath")
    if state.status != "completed" or not isinstance(named, str) or "opencode/plans/" not in named:
        return before
    content, old, new = (given.get(key) for key in ("content", "oldString", "newString"))
    if tool == "write" and isinstance(content, str):
        return content
    if tool == "edit" and before is not None and isinstance(old, str) and isinstance(new, str):
        return before.replace(old, new, -1 if given.get("replaceAll") else 1)
    return before


def plain_diff(diff: object) -> str | None:
    """A unified diff without the lines that the server puts before it."""
    if not isinstance(diff, str) or not diff.strip():
        return None
    start = diff.find("--- ")
    return diff[start:] if start >= 0 else diff


def _diff(path: str, given: dict[str, Any], metadata: dict[str, Any], proposed: str | None) -> str | None:
    told = as_dict(metadata.get("filediff")).get("patch") or metadata.get("diff") or proposed
    if (diff := plain_diff(told)) is not None:
        return diff
    content = given.get("content")
    return added(path, content) if metadata.get("exists") is False and isinstance(content, str) else None


def _patched(metadata: dict[str, Any], directory: str) -> Iterator[FileRefPart]:
    for each in as_list(metadata.get("files")):
        file = as_dict(each)
        named = file.get("movePath") or file.get("filePath") or file.get("relativePath")
        if isinstance(named, str):
            diff = plain_diff(file.get("patch") or file.get("diff"))
            yield FileRefPart(path=posixpath.join(directory, named), action="patch", diff=diff)
