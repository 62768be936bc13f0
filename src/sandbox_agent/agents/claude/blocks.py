"""Content blocks of the model to items: each block is its own item.

The CLI passes the model's stream on and, when a block is done, says it once more in an `assistant` line. That line has
no index; it belongs to the oldest block of its message and type that has none yet. Subagents and fallbacks stream
nothing: there the line is all there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from sandbox_agent.adapter import Output
from sandbox_agent.adapter.items import Items
from sandbox_agent.agents.claude.native import Assistant, Block, Streamed, StreamEvent
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.content import (
    ContentPart,
    ItemKind,
    ItemStatus,
    JsonPart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
)

__all__ = ["Blocks"]

_PROSE = ("text", "thinking")


class _Open(msgspec.Struct):
    native_id: str
    type: str
    text: list[str]
    tool_id: str = ""
    closed: bool = False
    """Completed in the log, by the end of the block or by its line."""
    said: bool = False
    """Its `assistant` line came."""


class Blocks:
    """Follows what the model says."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._message_id = ""
        self._streamed: dict[int, _Open] = {}
        self._unstreamed: dict[str, int] = {}
        self.last_text = ""
        """The last text block that was finished, by the main agent."""

    def stream(self, line: StreamEvent) -> Iterable[Output]:
        """The model says a bit more."""
        event = line.event
        # By far the most frequent, so it costs no generator.
        return self._delta(event) if event.type == "content_block_delta" else self._framed(event)

    def _framed(self, event: Streamed) -> Iterator[Output]:
        match event.type:
            case "content_block_start":
                yield from self._start(event)
            case "content_block_stop":
                yield from self._stop(event.index)
            case "message_start":
                yield from self.abandon()
                self._message_id = event.message.id if event.message else ""
            case _:
                pass

    def finished(self, line: Assistant, *, interrupted: bool = False) -> Iterator[Output]:
        """A block is complete."""
        if line.parent_tool_use_id is None and line.message.id != self._message_id:
            # 2.1.197 asks again without streaming when a stream breaks.
            yield from self.abandon()
        content = line.message.content
        blocks = [Block(type="text", text=content)] if isinstance(content, str) else content
        status: ItemStatus = "failed" if interrupted else "completed"
        for block in blocks:
            yield from self._finish(line, block, status)

    def abandon(self) -> Iterator[Output]:
        """What was begun will not be finished: the CLI starts the message anew after a broken connection."""
        for block in self._streamed.values():
            if not block.closed and block.type in _PROSE:
                yield self._complete(block, "".join(block.text), "failed")
        self._streamed.clear()

    def _start(self, event: Streamed) -> Iterator[Output]:
        block = event.content_block
        if block is None:
            return
        native_id = block.id if block.type == "tool_use" else f"{self._message_id}:{event.index}"
        opened = self._streamed[event.index] = _Open(native_id, block.type, [], tool_id=block.id)
        if block.type == "tool_use":
            call = ToolCallPart(name=block.name, arguments="", call_id=block.id)
            yield self._items.start(native_id, "tool_call", "assistant", (call,))
        elif block.type in _PROSE:
            content = (ReasoningPart(text=""),) if block.type == "thinking" else ()
            yield self._items.start(native_id, "message", "assistant", content)
            first = block.text or block.thinking
            if first:
                opened.text.append(first)
                yield self._items.delta(native_id, first)

    def _delta(self, event: Streamed) -> tuple[Output, ...]:
        block, delta = self._streamed.get(event.index), event.delta
        if block is None or delta is None or block.closed:
            return ()
        text = delta.text or delta.thinking
        if not text:
            return ()
        block.text.append(text)
        return (self._items.delta(block.native_id, text),)

    def _stop(self, index: int) -> Iterator[Output]:
        block = self._streamed.get(index)
        if block is not None and not block.closed and block.type in _PROSE:
            yield self._complete(block, "".join(block.text), "completed")

    def _finish(self, line: Assistant, block: Block, status: ItemStatus) -> Iterator[Output]:
        if line.parent_tool_use_id is None and block.type == "text":
            self.last_text = block.text
        opened = self._claim(line, block)
        if opened is not None and block.type in _PROSE:
            if not opened.closed:
                yield self._complete(opened, block.text or block.thinking, status)
            return
        native_id = opened.native_id if opened else self._unstreamed_id(line, block)
        if opened is not None:
            opened.closed = True
        kind: ItemKind = "tool_call" if block.type in _CALLS else "message"
        item_status: ItemStatus = "completed" if kind == "tool_call" else status
        yield self._items.complete(
            native_id, kind, "assistant", (_part(block),), status=item_status, parent=line.parent_tool_use_id
        )

    def _claim(self, line: Assistant, block: Block) -> _Open | None:
        """The streamed block that a line finishes."""
        if line.parent_tool_use_id is not None or line.message.id != self._message_id:
            return None
        for opened in self._streamed.values():
            if not opened.said and opened.type == block.type and opened.tool_id == block.id:
                opened.said = True
                return opened
        return None

    def _unstreamed_id(self, line: Assistant, block: Block) -> str:
        if block.id:
            return block.id
        message_id = line.message.id or line.uuid
        number = self._unstreamed.get(message_id, 0)
        self._unstreamed[message_id] = number + 1
        native_id = f"{message_id}:{number}"
        return native_id if self._items.known(native_id) is None else f"{message_id}:{line.uuid}:{number}"

    def _complete(self, block: _Open, text: str, status: ItemStatus) -> Output:
        block.closed = True
        part: ContentPart = ReasoningPart(text=text) if block.type == "thinking" else TextPart(text=text)
        return self._items.complete(block.native_id, "message", "assistant", (part,), status=status)


_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")


def _part(block: Block) -> ContentPart:
    if block.type in _CALLS:
        return ToolCallPart(name=block.name, arguments=encode(block.input or {}).decode(), call_id=block.id)
    if block.type == "text":
        return TextPart(text=block.text)
    if block.type == "thinking":
        return ReasoningPart(text=block.thinking)
    if block.type == "redacted_thinking":
        return ReasoningPart(text="", visibility="private")
    return JsonPart(json=msgspec.to_builtins(block))
