"""A reply as a chat-completions API sends it: chunks, their SSE frames, and whole completions. No I/O.

Facts: the public reference of the chat completions API, and what the openai-compatible provider of the AI SDK reads,
which takes a model's reasoning from `reasoning_content`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox_agent.schema.base import encode
from sandbox_agent.testing.model.playing import Act, Json, Said, Told, Wait, Wording, collected, pieces, streamed
from sandbox_agent.testing.model.script import Call, Emit, Flood, Reply, Say, Think

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["answer", "error", "stream"]

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
DONE = b"data: [DONE]\n\n"
# A client sees the beginning of an event and never its blank line.
HALF_EVENT = b'data: {"id":"chatcmpl","object":"chat.completion.chunk","choices":[{"ind'
STOPS = {"end_turn": "stop", "max_tokens": "length", "tool_use": "tool_calls", "refusal": "content_filter"}
"""The stop reasons of a script as this API names them; others go out as they are."""


def stream(reply: Reply, message_id: str, model: str, tool_id: Callable[[], str]) -> Iterator[Act]:
    """The reply as a stream of server-sent events."""
    return streamed(_Speaker(reply, message_id, model, tool_id), _WORDING)


def answer(reply: Reply, message_id: str, model: str, tool_id: Callable[[], str]) -> Iterator[Act]:
    """The reply as one completion, for a request without `stream`."""
    return collected(_Speaker(reply, message_id, model, tool_id), _WORDING, _folded)


def error(status: int, message: str = "") -> Json:
    """The body of an error response."""
    said = message or f"the script answers with status {status}"
    return {"error": {"message": said, "type": ERROR_TYPES.get(status, "server_error"), "param": None, "code": None}}


@dataclass(slots=True)
class _Speaker:
    """Turns steps into chunks; counts the tool calls."""

    reply: Reply
    message_id: str
    model: str
    tool_id: Callable[[], str]
    calls: int = 0
    written: int = 0
    started: bool = False

    def start(self) -> Iterator[Said]:
        """The first chunk says who speaks, once."""
        if not self.started:
            self.started = True
            yield self.chunk({"role": "assistant", "content": ""})

    def tell(self, step: Told) -> Iterator[Said]:
        """The chunks of one step that says something."""
        match step:
            case Say():
                yield from self.texts("content", step)
            case Think():
                yield from self.texts("reasoning_content", step)
            case Call():
                yield from self.call(step)
            case Flood():
                for number in range(step.count):
                    yield self.text("content", step.text(number))
            case Emit(event=event):
                yield event

    def texts(self, field: str, step: Say | Think) -> Iterator[Said]:
        """Prose in pieces."""
        for piece in pieces(step.text, step.chunk):
            if step.pace:
                yield Wait(step.pace)
            yield self.text(field, piece)

    def text(self, field: str, piece: str) -> Json:
        """One piece of prose."""
        self.written += len(piece)
        return self.chunk({field: piece})

    def call(self, step: Call) -> Iterator[Said]:
        """A tool call: its name, then its arguments in pieces."""
        index, self.calls = self.calls, self.calls + 1
        function = {"name": step.name, "arguments": ""}
        named = {"index": index, "id": step.id or self.tool_id(), "type": "function", "function": function}
        yield self.chunk({"tool_calls": [named]})
        for piece in pieces(encode(step.input).decode(), step.chunk):
            if step.pace:
                yield Wait(step.pace)
            self.written += len(piece)
            yield self.chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})

    def end(self) -> Iterator[Said]:
        """The reason to stop, then the tokens, in a chunk without choices."""
        stop = self.reply.stop or ("tool_use" if self.calls else "end_turn")
        yield self.chunk({}, STOPS.get(stop, stop))
        yield {**self.chunk({}), "choices": [], "usage": self.usage()}

    def usage(self) -> Json:
        """Token counts; what came from the cache is part of what went in."""
        usage = self.reply.usage
        output = max(1, self.written // 4) if usage.output_tokens is None else usage.output_tokens
        given = usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens
        return {
            "prompt_tokens": given,
            "completion_tokens": output,
            "total_tokens": given + output,
            "prompt_tokens_details": {"cached_tokens": usage.cache_read_input_tokens},
        }

    def chunk(self, delta: Json, finish: str | None = None) -> Json:
        """One event of the stream."""
        return {
            "id": self.message_id,
            "object": "chat.completion.chunk",
            "created": 0,
            "model": self.model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }


def _folded(chunks: list[Json]) -> Json:
    """The completion that a stream of chunks builds up."""
    message: Json = {"role": "assistant", "content": ""}
    finish: str | None = None
    for chunk in chunks:
        for choice in chunk["choices"]:
            finish = choice["finish_reason"] or finish
            _extend(message, choice["delta"])
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {**chunks[-1], "object": "chat.completion", "choices": [choice]}


def _extend(message: Json, delta: Json) -> None:
    for field in ("content", "reasoning_content"):
        if field in delta:
            message[field] = message.get(field, "") + delta[field]
    for piece in delta.get("tool_calls", []):
        calls = message.setdefault("tool_calls", [])
        if piece["index"] == len(calls):
            named = {key: value for key, value in piece.items() if key != "index"}
            calls.append({**named, "function": dict(piece["function"])})
        else:
            calls[piece["index"]]["function"]["arguments"] += piece["function"]["arguments"]


def _frame(chunk: Json) -> bytes:
    return b"data: %s\n\n" % encode(chunk)


_WORDING = Wording(
    frame=_frame,
    error=error,
    failed=lambda step, _message_id: error(step.status, step.message),
    half=HALF_EVENT,
    last=DONE,
)
