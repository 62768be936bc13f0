"""Items of threads to our items: prose with its deltas, tools as a call and a result, the rest as status.

A command's output grows by deltas, or comes whole when the command was quick. A reasoning item holds a summary for
people and, from some models, the raw thoughts: two items here, so that each is the sum of its deltas.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from sandbox_agent.adapter import Output, Synthetic
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.values import as_dict, as_list, as_text
from sandbox_agent.agents.codex.native import EMITTED, ThreadItem, as_number
from sandbox_agent.agents.codex.outputs import Outputs, result_id
from sandbox_agent.agents.codex.tools import TOOLS, Tool
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.commands import SendMessage
from sandbox_agent.schema.content import (
    ContentPart,
    FileRefPart,
    ImagePart,
    JsonPart,
    ReasoningPart,
    StatusPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from sandbox_agent.schema.events import ItemDelta

__all__ = ["DELTAS", "ThreadItems"]

DELTAS = frozenset(
    {
        "item/agentMessage/delta",
        "item/commandExecution/outputDelta",
        "item/fileChange/outputDelta",
        "item/plan/delta",
        "item/reasoning/summaryTextDelta",
        "item/reasoning/textDelta",
    }
)
"""Notifications that bring more of an open item."""

_STATUS = {
    "contextCompaction": "compacted",
    "enteredReviewMode": "review.entered",
    "exitedReviewMode": "review.exited",
    "hookPrompt": "hook",
    "sleep": "sleep",
    "subAgentActivity": "subagent",
}
"""Items that are a note to the reader, by their label."""


def _raw_id(item_id: str) -> str:
    return f"{item_id}:raw"


class ThreadItems:
    """Follows the items of all threads of a session."""

    def __init__(self, items: Items, directory: str) -> None:
        self._items = items
        self._directory = directory
        self._outputs = Outputs(items)
        self._speaking: dict[str, str] = {}
        """The message that is open in each thread."""
        self._said: dict[str, list[str]] = {}
        """What open messages say."""
        self._parts: dict[str, int] = {}
        """How many parts the summary of an open reasoning item has."""

    def started(self, item: ThreadItem, thread_id: str, parent: str | None) -> Iterator[Output]:
        """An item opens."""
        match item.type:
            case "agentMessage" | "plan":
                yield from self._cut(thread_id, parent)
                self._speaking[thread_id], self._said[item.id] = item.id, []
                yield self._items.start(item.id, "message", "assistant", parent=parent)
            case name if name in TOOLS:
                self._outputs.started(item.id, as_number(item.started_at_ms), parent)
                yield self._call(item, TOOLS[name], parent)
            case _:
                pass

    def completed(self, item: ThreadItem, parent: str | None) -> Iterator[Output]:
        """An item is final."""
        match item.type:
            case "agentMessage" | "plan":
                self._said.pop(item.id, None)
                part = TextPart(text=as_text(item.text))
                yield self._items.complete(item.id, "message", "assistant", (part,), parent=parent)
            case "reasoning":
                yield from self._reasoned(item, parent)
            case "userMessage":
                yield self._items.complete(item.id, "message", "user", _given(item.content), parent=parent)
            case name if name in TOOLS:
                if self._items.known(item.id) is None or item.type in _LATE_ARGUMENTS:
                    yield self._call(item, TOOLS[name], parent)
                yield self._result(item, TOOLS[name], parent)
            case name if name in _STATUS:
                status = StatusPart(label=_STATUS[name], detail=_detail(item))
                yield self._items.complete(item.id, "status", "system", (status,), parent=parent)
            case _:
                given = {k: v for k, v in msgspec.to_builtins(item).items() if v is not None}
                yield self._items.complete(item.id or None, "unknown", None, (JsonPart(json=given),), parent=parent)

    def says(self, item_id: str, delta: str) -> ItemDelta:
        """More of what the agent says."""
        if item_id in self._said:
            self._said[item_id].append(delta)
        return self._items.delta(item_id, delta)

    def grows(self, method: str, params: dict[str, Any], parent: str | None) -> Iterator[Output]:
        """More of an open item; `method` is one of `DELTAS`."""
        item_id, delta = as_text(params.get("itemId")), as_text(params.get("delta"))
        match method:
            case "item/reasoning/summaryTextDelta":
                index = params.get("summaryIndex")
                yield from self._thinks(item_id, index if isinstance(index, int) else 0, delta, parent)
            case "item/reasoning/textDelta":
                yield from self._muses(item_id, delta, parent)
            case "item/commandExecution/outputDelta" | "item/fileChange/outputDelta":
                yield from self._outputs.more(item_id, delta, as_number(params.get(EMITTED)), parent)
            case _:
                yield self.says(item_id, delta)

    def sent(self, message: SendMessage) -> Output:
        """What the user says."""
        parts: list[ContentPart] = [TextPart(text=message.text)]
        for file in message.files:
            is_image = file.mime.startswith("image/")
            parts.append(
                ImagePart(path=file.path, mime=file.mime) if is_image else FileRefPart(path=file.path, action="read")
            )
        return Synthetic(data=self._items.complete(f"user_{message.message_id}", "message", "user", parts))

    def flush(self) -> Iterator[Output]:
        """A turn is over: say what was held back, and take what was being said as said."""
        yield from self._outputs.flush()
        self._speaking.clear()
        self._said.clear()

    def _cut(self, thread_id: str, parent: str | None) -> Iterator[Output]:
        """Codex never finishes a message that a steer or a broken connection has cut: it begins another."""
        item_id = self._speaking.pop(thread_id, "")
        said = self._said.pop(item_id, None)
        if said is not None:
            part = TextPart(text="".join(said))
            yield self._items.complete(item_id, "message", "assistant", (part,), status="failed", parent=parent)

    def _thinks(self, item_id: str, index: int, delta: str, parent: str | None) -> Iterator[Output]:
        """More of a summary of its thoughts, whose parts stand apart by an empty line."""
        if item_id not in self._parts:
            self._parts[item_id] = index
            yield self._items.start(item_id, "message", "assistant", (ReasoningPart(text=""),), parent=parent)
        elif self._parts[item_id] != index:
            self._parts[item_id] = index
            delta = f"\n\n{delta}"
        yield self._items.delta(item_id, delta)

    def _muses(self, item_id: str, delta: str, parent: str | None) -> Iterator[Output]:
        """More of its raw thoughts."""
        raw_id = _raw_id(item_id)
        if self._items.known(raw_id) is None:
            part = ReasoningPart(text="", visibility="private")
            yield self._items.start(raw_id, "message", "assistant", (part,), parent=parent)
        yield self._items.delta(raw_id, delta)

    def _call(self, item: ThreadItem, tool: Tool, parent: str | None) -> Output:
        arguments = encode(tool.arguments(item)).decode()
        part = ToolCallPart(name=tool.name(item), arguments=arguments, call_id=item.id)
        return self._items.complete(item.id, "tool_call", "assistant", (part,), parent=parent)

    def _result(self, item: ThreadItem, tool: Tool, parent: str | None) -> Output:
        sent, output = self._outputs.finished(item.id), tool.output(item)
        whole: list[ContentPart] = []
        if not output.startswith(sent):
            # Codex streams a command from its second word on, and keeps the end of a long output only.
            whole = [JsonPart(json={"output": output})] if len(output) > len(sent) else []
            output = sent
        parts: list[ContentPart] = [ToolResultPart(call_id=item.id, output=output), *whole]
        parts += tool.parts(item, self._directory)
        return self._items.complete(
            result_id(item.id),
            "tool_result",
            "tool",
            parts,
            status="failed" if tool.failed(item) else "completed",
            parent=parent,
        )

    def _reasoned(self, item: ThreadItem, parent: str | None) -> Iterator[Output]:
        self._parts.pop(item.id, None)
        raw = "".join(as_text(each) for each in as_list(item.content))
        if raw:
            part = ReasoningPart(text=raw, visibility="private")
            yield self._items.complete(_raw_id(item.id), "message", "assistant", (part,), parent=parent)
        told = "\n\n".join(as_text(each) for each in as_list(item.summary))
        if told or self._items.known(item.id) is not None:
            yield self._items.complete(item.id, "message", "assistant", (ReasoningPart(text=told),), parent=parent)


_LATE_ARGUMENTS = frozenset({"webSearch", "imageGeneration"})
"""Tools whose call is complete only with their result."""


def _given(content: object) -> Iterator[ContentPart]:
    for each in as_list(content):
        part = as_dict(each)
        match part.get("type"):
            case "text":
                yield TextPart(text=as_text(part.get("text")))
            case "image" | "localImage":
                yield ImagePart(path=as_text(part.get("url")) or as_text(part.get("path")))
            case _:
                yield JsonPart(json=part)


def _detail(item: ThreadItem) -> str | None:
    if item.type == "subAgentActivity":
        return f"{as_text(item.agent_path) or as_text(item.agent_thread_id)} {as_text(item.kind)}".strip()
    if item.type == "hookPrompt":
        return "\n".join(as_text(as_dict(each).get("text")) for each in as_list(item.fragments)) or None
    value: Any = item.review if item.review is not None else item.duration_ms
    return None if value is None else str(value)
