"""Items and their typed parts: what a turn is made of.

Source: the universal event schema of the 0.1.x API; field names and omission rules are the wire contract.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from sandbox_agent.schema.base import Model

__all__ = [
    "ContentPart",
    "FileAction",
    "FileRefPart",
    "ImagePart",
    "Item",
    "ItemKind",
    "ItemRole",
    "ItemStatus",
    "JsonPart",
    "ReasoningPart",
    "StatusPart",
    "TextPart",
    "ToolCallPart",
    "ToolResultPart",
    "streamed_text",
    "with_streamed_text",
]

ItemKind: TypeAlias = Literal["message", "tool_call", "tool_result", "system", "status", "unknown"]
ItemRole: TypeAlias = Literal["user", "assistant", "system", "tool"]
ItemStatus: TypeAlias = Literal["in_progress", "completed", "failed"]
FileAction: TypeAlias = Literal["read", "write", "patch"]


class TextPart(Model, tag="text"):
    """Prose, usually markdown."""

    text: str


class JsonPart(Model, tag="json"):
    """Any structured value that has no part of its own."""

    json: Any


class ToolCallPart(Model, tag="tool_call"):
    """The agent calls a tool."""

    name: str
    arguments: str
    """JSON text."""
    call_id: str
    """Joins the call with its result."""


class ToolResultPart(Model, tag="tool_result"):
    """What a tool answered."""

    call_id: str
    output: str


class FileRefPart(Model, tag="file_ref"):
    """A file the agent read or changed."""

    path: str
    action: FileAction
    diff: str | None = None
    """Unified diff of a change."""


class ReasoningPart(Model, tag="reasoning"):
    """The model's thinking."""

    text: str
    visibility: Literal["public", "private"] = "public"


class ImagePart(Model, tag="image"):
    """A picture by path or `data:` URL."""

    path: str
    mime: str | None = None


class StatusPart(Model, tag="status"):
    """A short progress note."""

    label: str
    detail: str | None = None


ContentPart: TypeAlias = (
    TextPart | JsonPart | ToolCallPart | ToolResultPart | FileRefPart | ReasoningPart | ImagePart | StatusPart
)


class Item(Model):
    """One unit of a turn: a message, a tool call, a tool result, a status."""

    item_id: str
    """`itm_<n>`, unique in the session."""
    kind: ItemKind
    native_item_id: str | None = None
    parent_id: str | None = None
    """Another item of this session, for instance the call that started a subagent."""
    role: ItemRole | None = None
    content: tuple[ContentPart, ...] = ()
    status: ItemStatus = "in_progress"


_STREAMED: tuple[tuple[type[ContentPart], str], ...] = (
    (TextPart, "text"),
    (ReasoningPart, "text"),
    (ToolResultPart, "output"),
    (ToolCallPart, "arguments"),
)


def streamed_text(item: Item) -> str:
    """The text that an item's deltas must add up to.

    Text parts joined by a newline; where there is none, the reasoning, else tool output, else tool arguments.
    """
    for kind, field in _STREAMED:
        texts = [getattr(part, field) for part in item.content if isinstance(part, kind)]
        if texts:
            return "\n".join(texts)
    return ""


def with_streamed_text(item: Item, text: str, status: ItemStatus) -> Item:
    """`item` closed with exactly the text that was streamed, for items that an agent never finished.

    Thoughts that were there from the start stay: then the deltas were what the agent said.
    """
    content = item.content
    if text:
        kind = next((kind for kind, _ in _STREAMED if any(isinstance(part, kind) for part in content)), TextPart)
        before = streamed_text(item)
        if kind is ReasoningPart and before.strip() not in {"", text.strip()}:
            kind = TextPart
        content = _replace_text(content, kind, text)
    return msgspec.structs.replace(item, content=content, status=status)


def _replace_text(content: tuple[ContentPart, ...], kind: type[ContentPart], text: str) -> tuple[ContentPart, ...]:
    """`content` with `text` in the first part of that kind; there is no other one."""
    index = next((index for index, part in enumerate(content) if isinstance(part, kind)), None)
    if index is None:
        return (*content, TextPart(text=text))
    part = content[index]
    match part:
        case TextPart() | ReasoningPart():
            part = msgspec.structs.replace(part, text=text)
        case ToolResultPart():
            part = msgspec.structs.replace(part, output=text)
        case ToolCallPart():
            part = msgspec.structs.replace(part, arguments=text)
        case _:
            pass
    others = tuple(other for other in content[index + 1 :] if not isinstance(other, kind))
    return (*content[:index], part, *others)
