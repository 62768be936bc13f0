"""Tool calls and results to items: output, exit codes, files with their diffs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from sandbox_agent.adapter import Output
from sandbox_agent.adapter.diffs import added
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.values import as_dict, as_list
from sandbox_agent.agents.amp.native import Block, embedded
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.content import (
    ContentPart,
    FileAction,
    FileRefPart,
    ItemStatus,
    JsonPart,
    ToolCallPart,
    ToolResultPart,
)

__all__ = ["Tools"]

_REJECTED = ("Tool rejected by ", "Plugin error: ")
_NAME = re.compile(r"^((?:---|\+\+\+) [^\t\n]*)\t[^\n]*$", re.MULTILINE)


class _Call(NamedTuple):
    name: str
    input: dict[str, Any]


class Tools:
    """Knows which tools run."""

    def __init__(self, items: Items, directory: str) -> None:
        self._items = items
        self._directory = directory
        self._calls: dict[str, _Call] = {}
        self._asked: set[str] = set()

    @property
    def running(self) -> bool:
        """Whether a tool runs."""
        return bool(self._calls)

    def called(self, block: Block, parent: str | None) -> Iterator[Output]:
        """The model calls a tool."""
        self._calls[block.id] = _Call(block.name, as_dict(block.input))
        part = ToolCallPart(name=block.name, arguments=encode(block.input).decode(), call_id=block.id)
        yield self._items.complete(block.id, "tool_call", "assistant", (part,), parent=parent)

    def asking(self, name: str, given: object) -> str | None:
        """The call that a question for permission is about: the oldest that fits and was not asked for."""
        for call_id, call in self._calls.items():
            if call == (name, given) and call_id not in self._asked:
                self._asked.add(call_id)
                return call_id
        return None

    def forget(self) -> None:
        """The turn is over, nothing runs any more."""
        self._calls.clear()
        self._asked.clear()

    def result(self, block: Block, parent: str | None) -> Iterator[Output]:
        """A tool has answered."""
        call = self._calls.pop(block.tool_use_id, _Call("", {}))
        self._asked.discard(block.tool_use_id)
        text = block.content if isinstance(block.content, str) else encode(block.content).decode()
        detail = as_dict(embedded(text)) if text.startswith("{") else {}
        exit_code = detail.get("exitCode")
        failed = block.is_error is True or text.startswith(_REJECTED) or (isinstance(exit_code, int) and exit_code != 0)
        parts: list[ContentPart] = [ToolResultPart(call_id=block.tool_use_id, output=_output(text, detail))]
        if isinstance(exit_code, int):
            parts.append(JsonPart(json={"exit_code": exit_code}))
        if not failed:
            parts += self._files(call, detail)
        status: ItemStatus = "failed" if failed else "completed"
        yield self._items.complete(
            f"{block.tool_use_id}:result", "tool_result", "tool", parts, status=status, parent=parent
        )

    def _files(self, call: _Call, detail: dict[str, Any]) -> Iterator[FileRefPart]:
        path = call.input.get("path")
        match call.name:
            case "create_file" if isinstance(path, str):
                content = call.input.get("content")
                whole = self._absolute(path)
                diff = added(whole, content) if isinstance(content, str) else None
                yield FileRefPart(path=whole, action="write", diff=diff)
            case "edit_file" if isinstance(path, str):
                yield FileRefPart(path=self._absolute(path), action="patch", diff=_unified(detail.get("diff")))
            case "Read" if isinstance(path, str):
                yield FileRefPart(path=self._absolute(path), action="read")
            case "apply_patch":
                for each in as_list(detail.get("files")):
                    yield from self._patched(as_dict(each))
            case _:
                pass

    def _patched(self, file: dict[str, Any]) -> Iterator[FileRefPart]:
        uri, diff = file.get("uri"), file.get("diff")
        if isinstance(uri, str):
            path = unquote(urlsplit(uri).path)
            action: FileAction = "write" if file.get("type") == "add" else "patch"
            yield FileRefPart(path=path, action=action, diff=_unified(diff))

    def _absolute(self, path: str) -> str:
        return posixpath.join(self._directory, path)


def _output(text: str, detail: dict[str, Any]) -> str:
    """What a command printed, a file holds or a server said; for every other tool, what the model reads."""
    if text.startswith('[{"type":"text"'):
        return "\n".join(str(part.get("text", "")) for part in map(as_dict, as_list(embedded(text))))
    for key in ("output", "content"):
        if isinstance(detail.get(key), str):
            return str(detail[key])
    return text


def _unified(diff: object) -> str | None:
    """Amp puts a diff into a code block or below a line of its own, and a word behind each name."""
    if not isinstance(diff, str):
        return None
    bare = diff.removeprefix("```diff\n").removesuffix("```")
    return _NAME.sub(r"\1", bare[max(0, bare.find("--- ")) :], count=2)
