"""A tool call as OpenCode shows it: names and arguments that its clients know how to draw, and its states. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import msgspec

from sandbox_agent.adapter.values import as_dict, as_text
from sandbox_agent.schema.content import ContentPart, FileRefPart, ImagePart, ToolResultPart
from sandbox_agent.server.opencode.shapes import Json

__all__ = ["arguments", "completed", "edited_files", "failed", "name_of", "pending", "picture", "running", "title"]

_DRAWN = frozenset(
    {"bash", "edit", "glob", "grep", "list", "patch", "read", "task", "todoread", "todowrite", "webfetch", "write"}
)
"""Tools that OpenCode's clients draw in their own way."""
_ALSO = {"shell": "bash", "commandexecution": "bash", "filechange": "edit", "mock.list": "list"}
_OF_FILES = frozenset({"edit", "read", "write"})
_KEYS = {
    "file_path": "filePath",
    "old_string": "oldString",
    "new_string": "newString",
    "replace_all": "replaceAll",
    "cmd": "command",
}
"""Arguments of other agents' tools, and what OpenCode's tools call the same."""
_TELLING = ("description", "filePath", "path", "command", "pattern", "query", "url")
"""Arguments that say what a call is about, the most telling first."""


def name_of(tool: str) -> str:
    """The tool's name, as OpenCode says it where it has the same tool."""
    lower = tool.lower()
    return lower if lower in _DRAWN else _ALSO.get(lower, tool)


def arguments(text: str, tool: str = "") -> Json:
    """Arguments as an object; what is none is kept as `input`. `tool`: as OpenCode says it."""
    try:
        value: Any = msgspec.json.decode(text or "{}")
    except (msgspec.DecodeError, RecursionError):
        return {"input": text}
    found = as_dict(value)
    if not found and value != {}:
        return {"input": value}
    input = {_KEYS.get(key, key): each for key, each in found.items()}
    # Clients head what they draw of a file with this name of it.
    return {**input, "filePath": input["path"]} if tool in _OF_FILES and "path" in input else input


def title(input: Json) -> str:
    """What a call is about, in a line."""
    words = next((text for key in _TELLING if (text := as_text(input.get(key)))), "")
    return words.partition("\n")[0][:200]


def pending(raw: str = "") -> Json:
    """The agent is still saying what it wants."""
    return {"status": "pending", "input": {}, "raw": raw}


def running(input: Json, start: int, metadata: Json) -> Json:
    """The tool runs."""
    return {"status": "running", "input": input, "title": title(input), "metadata": metadata, "time": {"start": start}}


def completed(before: Json, content: Sequence[ContentPart], end: int, attachments: list[Json]) -> Json:
    """The tool has answered. `before`: the state until now."""
    output = "\n".join(part.output for part in content if isinstance(part, ToolResultPart))
    diff = "".join(part.diff or "" for part in content if isinstance(part, FileRefPart))
    input: Json = before.get("input", {})
    metadata = {**before.get("metadata", {}), "output": output, **({"diff": diff} if diff else {})}
    state = {
        "status": "completed",
        "input": input,
        "output": output,
        "title": title(input),
        "metadata": metadata,
        "time": {"start": _start(before, end), "end": end},
    }
    return {**state, "attachments": attachments} if attachments else state


def failed(before: Json, error: str, end: int) -> Json:
    """The tool failed, or nobody waited for it any more."""
    return {
        "status": "error",
        "input": before.get("input", {}),
        "error": error,
        "metadata": before.get("metadata", {}),
        "time": {"start": _start(before, end), "end": end},
    }


def edited_files(content: Sequence[ContentPart]) -> list[str]:
    """Files that a result says were changed."""
    return [part.path for part in content if isinstance(part, FileRefPart) and part.action != "read"]


def picture(part: ImagePart | FileRefPart) -> Json:
    """A file part without its ids."""
    mime = part.mime if isinstance(part, ImagePart) else None
    url = part.path if part.path.startswith(("data:", "http:", "https:")) else f"file://{part.path}"
    name = "image" if url.startswith("data:") else PurePosixPath(part.path).name
    return {"type": "file", "mime": mime or "application/octet-stream", "filename": name, "url": url}


def _start(state: Json, otherwise: int) -> int:
    start = as_dict(state.get("time")).get("start", otherwise)
    return start if isinstance(start, int) else otherwise
