"""Tool results to items: output, files with their diffs, pictures."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any, cast

from sandbox_agent.adapter import Output
from sandbox_agent.adapter.diffs import added
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.values import as_dict, as_list
from sandbox_agent.agents.claude import diffs
from sandbox_agent.agents.claude.native import Block, User
from sandbox_agent.agents.claude.todos import Todos
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.content import ContentPart, FileAction, FileRefPart, ImagePart, ToolResultPart

__all__ = ["Tools"]

_FILE_TOOLS: dict[str, FileAction] = {
    "Edit": "patch",
    "MultiEdit": "patch",
    "NotebookEdit": "patch",
    "Read": "read",
    "Write": "write",
}


class Tools:
    """Knows which tools run, and what became of each."""

    def __init__(self, items: Items, directory: str) -> None:
        self._items = items
        self._directory = directory
        self._calls: dict[str, Block] = {}
        self._of_subagents: set[str] = set()
        self._todos = Todos()
        self.plan: str | None = None
        """The plan as the agent last wrote it to its plan file."""

    @property
    def running(self) -> bool:
        """Whether a tool of the main agent runs."""
        return len(self._calls) > len(self._of_subagents)

    def called(self, block: Block, parent: str | None) -> None:
        """The model calls a tool."""
        self._calls[block.id] = block
        if parent is not None:
            self._of_subagents.add(block.id)

    def call(self, tool_id: str) -> Block | None:
        """A call that has no result yet."""
        return self._calls.get(tool_id)

    def forget(self) -> None:
        """The turn is over, nothing runs any more."""
        self._calls.clear()
        self._of_subagents.clear()

    def result(self, line: User, block: Block) -> Iterator[Output]:
        """A tool has answered."""
        call = self._calls.pop(block.tool_use_id, None)
        self._of_subagents.discard(block.tool_use_id)
        detail = as_dict(line.tool_use_result)
        failed = block.is_error is True
        parts: list[ContentPart] = [ToolResultPart(call_id=block.tool_use_id, output=_output(block, detail))]
        parts += _images(block)
        if call is not None and not failed:
            parts += self._files(call, detail)
        yield self._items.complete(
            f"{block.tool_use_id}:result",
            "tool_result",
            "tool",
            parts,
            status="failed" if failed else "completed",
            parent=line.parent_tool_use_id,
        )
        if call is not None and not failed:
            yield from self._todos.after(call.name, as_dict(call.input), detail)

    def _files(self, call: Block, detail: dict[str, Any]) -> Iterator[ContentPart]:
        action = _FILE_TOOLS.get(call.name)
        given = as_dict(call.input)
        named = detail.get("filePath") or given.get("file_path") or given.get("notebook_path")
        if action is None or not isinstance(named, str):
            return
        path = posixpath.join(self._directory, named)
        diff = None
        if action != "read":
            diff = diffs.patched(path, detail.get("structuredPatch"))
            content = detail.get("content")
            if diff is None and detail.get("type") == "create" and isinstance(content, str):
                diff = added(path, content)
            self._note_plan(path, detail)
        yield FileRefPart(path=path, action=action, diff=diff)

    def _note_plan(self, path: str, detail: dict[str, Any]) -> None:
        """2.1.330 writes its plan to a file and leaves it out of the request to approve it."""
        if posixpath.basename(posixpath.dirname(path)) != "plans" or not path.endswith(".md"):
            return
        content, before, old, new = (detail.get(key) for key in ("content", "originalFile", "oldString", "newString"))
        if isinstance(content, str):
            self.plan = content
        elif isinstance(before, str) and isinstance(old, str) and isinstance(new, str):
            self.plan = before.replace(old, new, -1 if detail.get("replaceAll") else 1)


def _output(block: Block, detail: dict[str, Any]) -> str:
    """What a command printed; for every other tool, what the model reads."""
    stdout, stderr = detail.get("stdout"), detail.get("stderr")
    is_command = isinstance(stdout, str) and isinstance(stderr, str)
    if is_command and not (detail.get("backgroundTaskId") or detail.get("isImage") or block.is_error):
        out, err = cast("str", stdout), cast("str", stderr)
        return f"{out}\n{err}" if out and err and not out.endswith("\n") else out + err
    return _text(block.content)


def _text(content: object) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if as_dict(content):
        return encode(content).decode()
    texts: list[str] = []
    for each in as_list(content):
        part = as_dict(each)
        if part.get("type") == "text":
            texts.append(str(part.get("text", "")))
        elif part.get("type") != "image":
            texts.append(encode(each).decode())
    return "\n".join(texts)


def _images(block: Block) -> Iterator[ContentPart]:
    for each in as_list(block.content):
        source = as_dict(as_dict(each).get("source"))
        if as_dict(each).get("type") != "image":
            continue
        if source.get("type") == "base64":
            mime = str(source.get("media_type", "image/png"))
            yield ImagePart(path=f"data:{mime};base64,{source.get('data', '')}", mime=mime)
        elif isinstance(source.get("url"), str):
            yield ImagePart(path=source["url"])
