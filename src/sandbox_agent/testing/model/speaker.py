"""Steps as native events of the Anthropic Messages API: which content block opens and closes when. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox_agent.schema.base import encode
from sandbox_agent.testing.model.playing import Json, Said, Told, Wait, pieces
from sandbox_agent.testing.model.script import Call, Emit, Flood, Reply, Say, Think

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Speaker"]


@dataclass(slots=True)
class Speaker:
    """Turns steps into native events; knows which content block is open."""

    reply: Reply
    message_id: str
    model: str
    tool_id: Callable[[], str]
    index: int = -1
    block: str = ""
    written: int = 0
    started: bool = False

    def tell(self, step: Told) -> Iterator[Said]:
        """The events of one step that says something."""
        match step:
            case Say():
                return self.say(step)
            case Think():
                return self.think(step)
            case Call():
                return self.call(step)
            case Flood():
                return self.flood(step)
            case Emit(event=event):
                return iter((event,))

    def start(self) -> Iterator[Said]:
        """Open the message, once."""
        if self.started:
            return
        self.started = True
        yield {"type": "message_start", "message": self.message()}
        yield {"type": "ping"}

    def message(self) -> Json:
        """The message before anything is said."""
        return {
            "id": self.message_id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": self.usage(1),
        }

    def usage(self, output_tokens: int) -> Json:
        """Token counts, as the wire names them."""
        usage = self.reply.usage
        return {
            "input_tokens": usage.input_tokens,
            "cache_creation_input_tokens": usage.cache_creation_input_tokens,
            "cache_read_input_tokens": usage.cache_read_input_tokens,
            "output_tokens": output_tokens,
        }

    def say(self, step: Say) -> Iterator[Said]:
        """Text, in the open block if that is text."""
        if step.apart or self.block != "text":
            yield from self.open({"type": "text", "text": ""})
        for piece in pieces(step.text, step.chunk):
            yield from self.delta({"type": "text_delta", "text": piece}, len(piece), step.pace)

    def think(self, step: Think) -> Iterator[Said]:
        """A block of reasoning and its signature."""
        yield from self.open({"type": "thinking", "thinking": "", "signature": ""})
        for piece in pieces(step.text, step.chunk):
            yield from self.delta({"type": "thinking_delta", "thinking": piece}, len(piece), step.pace)
        yield from self.delta({"type": "signature_delta", "signature": step.signature}, 0, 0)

    def call(self, step: Call) -> Iterator[Said]:
        """A block with a tool call."""
        block: Json = {"type": "tool_use", "id": step.id or self.tool_id(), "name": step.name, "input": {}}
        yield from self.open(block)
        for piece in pieces(encode(step.input).decode(), step.chunk):
            yield from self.delta({"type": "input_json_delta", "partial_json": piece}, len(piece), step.pace)

    def flood(self, step: Flood) -> Iterator[Said]:
        """Numbered deltas in one block."""
        if self.block != "text":
            yield from self.open({"type": "text", "text": ""})
        for number in range(step.count):
            yield from self.delta({"type": "text_delta", "text": step.text(number)}, step.size, 0)

    def open(self, block: Json) -> Iterator[Said]:
        """Begin a content block; the one before ends."""
        yield from self.close()
        self.index += 1
        self.block = str(block["type"])
        yield {"type": "content_block_start", "index": self.index, "content_block": block}

    def delta(self, delta: Json, size: int, pace: float) -> Iterator[Said]:
        """More of the open block."""
        if pace:
            yield Wait(pace)
        self.written += size
        yield {"type": "content_block_delta", "index": self.index, "delta": delta}

    def close(self) -> Iterator[Said]:
        """End the open block, if there is one."""
        if self.block:
            self.block = ""
            yield {"type": "content_block_stop", "index": self.index}

    def end(self) -> Iterator[Said]:
        """End the message."""
        yield from self.close()
        calls = any(isinstance(step, Call) for step in self.reply.steps)
        reason = self.reply.stop or ("tool_use" if calls else "end_turn")
        counted = self.reply.usage.output_tokens
        tokens = max(1, self.written // 4) if counted is None else counted
        delta = {"stop_reason": reason, "stop_sequence": None}
        yield {"type": "message_delta", "delta": delta, "usage": self.usage(tokens)}
        yield {"type": "message_stop"}
