"""What a patch did to each file, as content parts with unified diffs.

Codex gives the hunks of a changed file, but the whole text of one that was added or deleted.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from sandbox_agent.adapter.diffs import added, removed
from sandbox_agent.adapter.values import as_dict, as_text
from sandbox_agent.schema.content import FileRefPart

__all__ = ["file_parts", "summary"]


def file_parts(changes: list[Any], directory: str) -> Iterator[FileRefPart]:
    """One part for each file of a patch."""
    for each in changes:
        change = as_dict(each)
        path = posixpath.join(directory, as_text(change.get("path")))
        kind, text = as_dict(change.get("kind")), as_text(change.get("diff"))
        match kind.get("type"):
            case "add":
                yield FileRefPart(path=path, action="write", diff=added(path, text))
            case "delete":
                yield FileRefPart(path=path, action="patch", diff=removed(path, text))
            case _:
                moved = as_text(kind.get("move_path"))
                target = posixpath.join(directory, moved) if moved else path
                yield FileRefPart(path=target, action="patch", diff=_changed(text, path, target))


def summary(changes: list[Any]) -> str:
    """The files of a patch, one a line: A, D or M and the path."""
    letters = {"add": "A", "delete": "D"}
    told = [as_dict(each) for each in changes]
    lines = (f"{letters.get(as_text(as_dict(one.get('kind')).get('type')), 'M')} {one.get('path')}" for one in told)
    return "\n".join(lines)


def _changed(hunks: str, old: str, new: str) -> str:
    # Codex says below the hunks where a file was moved to.
    body = hunks.partition("\n\nMoved to: ")[0]
    return _ended(f"--- {old}\n+++ {new}\n{body}")


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"
