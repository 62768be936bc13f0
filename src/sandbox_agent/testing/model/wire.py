"""A reply as the Anthropic Messages API sends it: events, their SSE frames, and whole messages. No I/O.

Facts: platform documentation of the Messages API (streaming, errors), and the stream Claude Code reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from sandbox_agent.schema.base import decode, encode
from sandbox_agent.testing.model.script import Call, Cut, Emit, Fail, Flood, Reply, Say, Stall, Think

__all__ = ["Act", "Break", "Hold", "Refuse", "Send", "Wait", "answer", "error", "stream"]

Json: TypeAlias = dict[str, Any]

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
# A client sees the beginning of an event and never its blank line.
HALF_EVENT = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"del'


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes of the response body."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Some seconds of silence."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Silence until this name is released."""

    name: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """An HTTP error instead of a response."""

    status: int
    body: bytes
    retry_after: int | None


@dataclass(frozen=True, slots=True)
class Break:
    """The connection goes away."""

    reset: bool


Act: TypeAlias = Send | Wait | Hold | Refuse | Break
"""What the server does next; after `Refuse` or `Break` nothing follows."""

_Said: TypeAlias = Json | Wait | Hold | Fail | Cut


@dataclass(slots=True)
class _Speaker:
    """Turns steps into native events; knows which content block is open."""

    reply: Reply
    message_id: str
    model: str
    tool_id: Callable[[], str]
    index: int = -1
    block: str = ""
    written: int = 0
    started: bool = False

    def speak(self) -> Iterator[_Said]:
        """Every event of the reply, and where it pauses or breaks."""
        for step in self.reply.steps:
            match step:
                case Stall(name=name, seconds=None):
                    yield Hold(name)
                case Stall(seconds=float(seconds)):
                    yield Wait(seconds)
                case Fail() | Cut():
                    yield step
                    return
                case _:
                    yield from self.start()
                    yield from self.tell(step)
        yield from self.start()
        yield from self.end()

    def tell(self, step: Say | Think | Call | Flood | Emit) -> Iterator[_Said]:
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

    def start(self) -> Iterator[_Said]:
        if self.started:
            return
        self.started = True
        yield {"type": "message_start", "message": self.message()}
        yield {"type": "ping"}

    def message(self) -> Json:
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
        usage = self.reply.usage
        return {
            "input_tokens": usage.input_tokens,
            "cache_creation_input_tokens": usage.cache_creation_input_tokens,
            "cache_read_input_tokens": usage.cache_read_input_tokens,
            "output_tokens": output_tokens,
        }

    def say(self, step: Say) -> Iterator[_Said]:
        if step.apart or self.block != "text":
            yield from self.open({"type": "text", "text": ""})
        for piece in _pieces(step.text, step.chunk):
            yield from self.delta({"type": "text_delta", "text": piece}, len(piece), step.pace)

    def think(self, step: Think) -> Iterator[_Said]:
        yield from self.open({"type": "thinking", "thinking": "", "signature": ""})
        for piece in _pieces(step.text, step.chunk):
            yield from self.delta({"type": "thinking_delta", "thinking": piece}, len(piece), step.pace)
        yield from self.delta({"type": "signature_delta", "signature": step.signature}, 0, 0)

    def call(self, step: Call) -> Iterator[_Said]:
        block = {"type": "tool_use", "id": step.id or self.tool_id(), "name": step.name, "input": {}}
        yield from self.open(block)
        for piece in _pieces(encode(step.input).decode(), step.chunk):
            yield from self.delta({"type": "input_json_delta", "partial_json": piece}, len(piece), step.pace)

    def flood(self, step: Flood) -> Iterator[_Said]:
        if self.block != "text":
            yield from self.open({"type": "text", "text": ""})
        for number in range(step.count):
            yield from self.delta({"type": "text_delta", "text": step.text(number)}, step.size, 0)

    def open(self, block: Json) -> Iterator[_Said]:
        yield from self.close()
        self.index += 1
        self.block = str(block["type"])
        yield {"type": "content_block_start", "index": self.index, "content_block": block}

    def delta(self, delta: Json, size: int, pace: float) -> Iterator[_Said]:
        if pace:
            yield Wait(pace)
        self.written += size
        yield {"type": "content_block_delta", "index": self.index, "delta": delta}

    def close(self) -> Iterator[_Said]:
        if self.block:
            self.block = ""
            yield {"type": "content_block_stop", "index": self.index}

    def end(self) -> Iterator[_Said]:
        yield from self.close()
        calls = any(isinstance(step, Call) for step in self.reply.steps)
        reason = self.reply.stop or ("tool_use" if calls else "end_turn")
        counted = self.reply.usage.output_tokens
        tokens = max(1, self.written // 4) if counted is None else counted
        delta = {"stop_reason": reason, "stop_sequence": None}
        yield {"type": "message_delta", "delta": delta, "usage": self.usage(tokens)}
        yield {"type": "message_stop"}


def stream(reply: Reply, message_id: str, model: str, tool_id: Callable[[], str]) -> Iterator[Act]:
    """The reply as a stream of server-sent events."""
    begun = False
    for said in _Speaker(reply, message_id, model, tool_id).speak():
        match said:
            case Wait() | Hold():
                yield said
            case Fail() if begun:
                yield Send(frame(_error_of(said)))
                return
            case Fail():
                yield _refusal(said)
                return
            case Cut():
                if begun and said.how != "close":
                    yield Send(HALF_EVENT)
                yield Break(reset=said.how == "reset")
                return
            case _:
                begun = True
                yield Send(frame(said))


def answer(reply: Reply, message_id: str, model: str, tool_id: Callable[[], str]) -> Iterator[Act]:
    """The reply as one message, for a request without `stream`."""
    events: list[Json] = []
    for said in _Speaker(reply, message_id, model, tool_id).speak():
        match said:
            case Wait() | Hold():
                yield said
            case Fail():
                yield _refusal(said)
                return
            case Cut():
                yield Break(reset=said.how == "reset")
                return
            case _:
                events.append(said)
    yield Send(encode(folded(events)))


def folded(events: Iterable[Json]) -> Json:
    """The message that a stream of events builds up."""
    message: Json = {}
    inputs: dict[int, str] = {}
    for event in events:
        match event:
            case {"type": "message_start", "message": dict(begun)}:
                message = {**begun, "content": []}
            case {"type": "content_block_start", "content_block": dict(block)}:
                message["content"].append({**block})
            case {"type": "content_block_delta", "index": int(index), "delta": dict(delta)}:
                _extend(message["content"][index], delta, inputs, index)
            case {"type": "message_delta", "delta": dict(delta), "usage": dict(usage)}:
                message |= {**delta, "usage": usage}
            case _:
                pass
    for index, text in inputs.items():
        message["content"][index]["input"] = decode(text, dict[str, Any])
    return message


def _extend(block: Json, delta: Json, inputs: dict[int, str], index: int) -> None:
    match delta:
        case {"type": "text_delta", "text": str(text)}:
            block["text"] += text
        case {"type": "thinking_delta", "thinking": str(text)}:
            block["thinking"] += text
        case {"type": "signature_delta", "signature": str(text)}:
            block["signature"] += text
        case {"type": "input_json_delta", "partial_json": str(text)}:
            inputs[index] = inputs.get(index, "") + text
        case _:
            pass


def frame(event: Json) -> bytes:
    """One server-sent event."""
    return b"event: %s\ndata: %s\n\n" % (str(event.get("type", "")).encode(), encode(event))


def error(status: int, message: str = "") -> Json:
    """The body of an error response."""
    kind = ERROR_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
    said = message or f"the script answers with status {status}"
    return {"type": "error", "error": {"type": kind, "message": said}}


def _error_of(step: Fail) -> Json:
    return error(step.status, step.message)


def _refusal(step: Fail) -> Refuse:
    return Refuse(step.status, encode(_error_of(step)), step.retry_after)


def _pieces(text: str | tuple[str, ...], size: int) -> Iterator[str]:
    if isinstance(text, tuple):
        yield from text
        return
    for start in range(0, len(text), size):
        yield text[start : start + size]
