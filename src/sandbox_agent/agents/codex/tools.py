"""What Codex does, as a tool call and its result: commands, patches, tool servers, searches, pictures, subagents."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox_agent.adapter.values import as_dict, as_list, as_text
from sandbox_agent.agents.codex.diffs import file_parts, summary
from sandbox_agent.agents.codex.native import ThreadItem
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.content import ContentPart, FileRefPart, ImagePart, JsonPart

__all__ = ["TOOLS", "Tool", "tool_name"]

_FAILED = frozenset({"failed", "declined", "interrupted", "cancelled"})


@dataclass(frozen=True)
class Tool:
    """How one type of item is shown."""

    name: Callable[[ThreadItem], str]
    arguments: Callable[[ThreadItem], Any]
    output: Callable[[ThreadItem], str]
    parts: Callable[[ThreadItem, str], Iterator[ContentPart]]
    """What belongs to the result beside its output; the text is the session's folder."""

    def failed(self, item: ThreadItem) -> bool:
        """Whether the tool did not do what it was called for."""
        return as_text(item.status) in _FAILED or item.exit_code not in (None, 0) or bool(item.error)


def tool_name(server: object, tool: object) -> str:
    """A tool of a tool server, under the name that Claude Code and Amp give it."""
    return f"mcp__{as_text(server)}__{as_text(tool)}"


def _none(_item: ThreadItem, _directory: str) -> Iterator[ContentPart]:
    return iter(())


def _command_parts(item: ThreadItem, directory: str) -> Iterator[ContentPart]:
    told = {"exit_code": item.exit_code, "duration_ms": item.duration_ms, "status": item.status}
    if any(value is not None for value in (item.exit_code, item.duration_ms)) or item.status == "declined":
        yield JsonPart(json={name: value for name, value in told.items() if value is not None})
    base = posixpath.join(directory, as_text(item.cwd))
    for each in as_list(item.command_actions):
        action = as_dict(each)
        if action.get("type") == "read" and as_text(action.get("path")):
            yield FileRefPart(path=posixpath.join(base, action["path"]), action="read")


def _patch_parts(item: ThreadItem, directory: str) -> Iterator[ContentPart]:
    if as_text(item.status) not in _FAILED:
        yield from file_parts(as_list(item.changes), directory)


def _patch_output(item: ThreadItem) -> str:
    return f"The patch was {item.status}." if as_text(item.status) in _FAILED else summary(as_list(item.changes))


def _mcp_output(item: ThreadItem) -> str:
    error = as_text(as_dict(item.error).get("message")) or as_text(item.error)
    return error or _texts(as_dict(item.result).get("content"))


def _mcp_parts(item: ThreadItem, _directory: str) -> Iterator[ContentPart]:
    result = as_dict(item.result)
    for each in as_list(result.get("content")):
        part = as_dict(each)
        if part.get("type") == "image":
            mime = as_text(part.get("mimeType")) or "image/png"
            yield ImagePart(path=f"data:{mime};base64,{as_text(part.get('data'))}", mime=mime)
    if result.get("structuredContent") is not None:
        yield JsonPart(json=result["structuredContent"])


def _dynamic_parts(item: ThreadItem, _directory: str) -> Iterator[ContentPart]:
    for each in as_list(item.content_items):
        if as_text(as_dict(each).get("imageUrl")):
            yield ImagePart(path=as_dict(each)["imageUrl"])


def _texts(content: object) -> str:
    parts = [as_dict(each) for each in as_list(content)]
    told = (as_text(part.get("text")) or encode(part).decode() for part in parts if part.get("type") != "image")
    return "\n".join(told)


def _dynamic_output(item: ThreadItem) -> str:
    texts = (as_text(as_dict(each).get("text")) for each in as_list(item.content_items))
    return "\n".join(text for text in texts if text)


def _agents_output(item: ThreadItem) -> str:
    states = [(name, as_dict(state)) for name, state in as_dict(item.agents_states).items()]
    return "\n".join(
        f"{name}: {state.get('status')} {as_text(state.get('message'))}".rstrip() for name, state in states
    )


def _search_arguments(item: ThreadItem) -> Any:
    action = as_dict(item.action)
    return {"query": item.query, **({"action": action} if action else {})}


def _search_output(item: ThreadItem) -> str:
    return "\n".join(encode(each).decode() for each in as_list(item.results)) or as_text(item.query)


def _view_parts(item: ThreadItem, directory: str) -> Iterator[ContentPart]:
    path = posixpath.join(directory, as_text(item.path))
    yield FileRefPart(path=path, action="read")
    yield ImagePart(path=path)


def _picture_parts(item: ThreadItem, _directory: str) -> Iterator[ContentPart]:
    if as_text(item.saved_path):
        yield ImagePart(path=item.saved_path)
    elif as_text(item.result):
        yield ImagePart(path=f"data:image/png;base64,{item.result}", mime="image/png")


TOOLS: dict[str, Tool] = {
    "collabAgentToolCall": Tool(
        lambda item: as_text(item.tool),
        lambda item: {"prompt": item.prompt, "agents": item.receiver_thread_ids},
        _agents_output,
        _none,
    ),
    "commandExecution": Tool(
        lambda _: "shell",
        lambda item: {"command": item.command, "cwd": item.cwd},
        lambda item: as_text(item.aggregated_output),
        _command_parts,
    ),
    "dynamicToolCall": Tool(
        lambda item: f"{item.namespace}.{item.tool}" if item.namespace else as_text(item.tool),
        lambda item: item.arguments,
        _dynamic_output,
        _dynamic_parts,
    ),
    "fileChange": Tool(
        lambda _: "apply_patch",
        lambda item: {
            "changes": [
                {"path": as_dict(each).get("path"), "kind": as_dict(as_dict(each).get("kind")).get("type")}
                for each in as_list(item.changes)
            ]
        },
        _patch_output,
        _patch_parts,
    ),
    "imageGeneration": Tool(
        lambda _: "image_generation",
        lambda item: {"prompt": item.revised_prompt},
        lambda item: as_text(item.saved_path),
        _picture_parts,
    ),
    "imageView": Tool(lambda _: "view_image", lambda item: {"path": item.path}, lambda _: "", _view_parts),
    "mcpToolCall": Tool(
        lambda item: tool_name(item.server, item.tool),
        lambda item: item.arguments,
        _mcp_output,
        _mcp_parts,
    ),
    "webSearch": Tool(lambda _: "web_search", _search_arguments, _search_output, _none),
}
"""By type of item."""
