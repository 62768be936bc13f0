"""A reply as the Responses API of OpenAI sends it: events, their SSE frames, and whole responses. No I/O.

Facts: the public reference of the Responses API (streaming events), and what Codex 0.169 reads of them.

The script's words mean here: `think` is the summary of a reasoning item; `call` is a function call, or a freeform one
when its input holds nothing but a text `freeform`; a name with a slash is `namespace/name`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox_agent.schema.base import encode
from sandbox_agent.testing.model.playing import (
    Act,
    Json,
    Said,
    Told,
    Wait,
    Wording,
    collected,
    event_frame,
    pieces,
    streamed,
)
from sandbox_agent.testing.model.script import Call, Emit, Fail, Flood, Reply, Say, Think

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["answer", "error", "stream"]

ERROR_CODES = {
    400: "invalid_request_error",
    401: "invalid_api_key",
    402: "insufficient_quota",
    404: "model_not_found",
    413: "context_length_exceeded",
    429: "rate_limit_exceeded",
    503: "server_is_overloaded",
}
# A client sees the beginning of an event and never its blank line.
HALF_EVENT = b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","del'


def stream(reply: Reply, message_id: str, model: str, tool_id: Callable[[], str]) -> Iterator[Act]:
    """The reply as a stream of server-sent events."""
    return streamed(_Speaker(reply, message_id, model, tool_id), _WORDING)


def answer(reply: Reply, message_id: str, model: str, tool_id: Callable[[], str]) -> Iterator[Act]:
    """The reply as one response, for a request without `stream`."""
    return collected(_Speaker(reply, message_id, model, tool_id), _WORDING, _last_response)


def error(status: int, message: str = "") -> Json:
    """The body of an error response."""
    code = ERROR_CODES.get(status, "server_error")
    said = message or f"the script answers with status {status}"
    return {"error": {"message": said, "type": code, "param": None, "code": code}}


@dataclass(slots=True)
class _Speaker:
    """Turns steps into native events; knows which output item is open."""

    reply: Reply
    message_id: str
    model: str
    tool_id: Callable[[], str]
    output: list[Json] = field(default_factory=list[Json])
    """Finished items."""
    text: list[str] | None = None
    """Of the open message."""
    written: int = 0
    started: bool = False

    def end(self) -> Iterator[Said]:
        """Close what is open, and the response."""
        yield from self.close()
        yield {"type": "response.completed", "response": self.response("completed")}

    def start(self) -> Iterator[Said]:
        """Open the response, once."""
        if not self.started:
            self.started = True
            yield {"type": "response.created", "response": self.response("in_progress")}

    def response(self, status: str) -> Json:
        """The response as it is now."""
        usage = self.usage() if status == "completed" else None
        return {
            "id": self.message_id,
            "object": "response",
            "status": status,
            "model": self.model,
            "output": self.output,
            "usage": usage,
        }

    def usage(self) -> Json:
        """Token counts; what came from the cache is part of what went in."""
        usage = self.reply.usage
        output = max(1, self.written // 4) if usage.output_tokens is None else usage.output_tokens
        given = usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens
        return {
            "input_tokens": given,
            "input_tokens_details": {"cached_tokens": usage.cache_read_input_tokens},
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": given + output,
        }

    def tell(self, step: Told) -> Iterator[Said]:
        """The events of one step that says something."""
        match step:
            case Say():
                if step.apart:
                    yield from self.close()
                for piece in pieces(step.text, step.chunk):
                    yield from self.say(piece, step.pace)
            case Flood():
                for number in range(step.count):
                    yield from self.say(step.text(number), 0)
            case Think():
                yield from self.think(step)
            case Call():
                yield from self.call(step)
            case Emit(event=event):
                yield from self.close()
                yield from self.emit(event)

    def emit(self, event: Json) -> Iterator[Said]:
        """An event as it is; the numbers of its item are ours."""
        if event.get("type") == "response.output_item.done":
            self.output.append(event["item"])
        yield event

    def item(self, kind: str, **fields: object) -> Json:
        """The next output item."""
        return {"type": kind, "id": f"{self.message_id}_{len(self.output)}", **fields}

    def event(self, kind: str, **fields: object) -> Json:
        """An event about the open item."""
        item_id = f"{self.message_id}_{len(self.output)}"
        return {"type": f"response.{kind}", "item_id": item_id, "output_index": len(self.output), **fields}

    def added(self, item: Json) -> Json:
        """An item opens."""
        return {"type": "response.output_item.added", "output_index": len(self.output), "item": item}

    def done(self, item: Json) -> Json:
        """An item is complete."""
        self.output.append(item)
        return {"type": "response.output_item.done", "output_index": len(self.output) - 1, "item": item}

    def say(self, piece: str, pace: float) -> Iterator[Said]:
        """Text, in the open message if there is one."""
        if self.text is None:
            self.text = []
            yield self.added(self.item("message", role="assistant", status="in_progress", content=[]))
        if pace:
            yield Wait(pace)
        self.text.append(piece)
        self.written += len(piece)
        yield self.event("output_text.delta", content_index=0, delta=piece)

    def close(self) -> Iterator[Said]:
        """End the open message, if there is one."""
        if self.text is not None:
            content: list[Json] = [{"type": "output_text", "text": "".join(self.text), "annotations": []}]
            self.text = None
            yield self.done(self.item("message", role="assistant", status="completed", content=content))

    def think(self, step: Think) -> Iterator[Said]:
        """A reasoning item with one part of summary."""
        yield from self.close()
        yield self.added(self.item("reasoning", summary=[]))
        yield self.event("reasoning_summary_part.added", summary_index=0, part={"type": "summary_text", "text": ""})
        parts: list[str] = []
        for piece in pieces(step.text, step.chunk):
            if step.pace:
                yield Wait(step.pace)
            parts.append(piece)
            self.written += len(piece)
            yield self.event("reasoning_summary_text.delta", summary_index=0, delta=piece)
        summary = [{"type": "summary_text", "text": "".join(parts)}]
        yield self.done(self.item("reasoning", summary=summary, encrypted_content=step.signature))

    def call(self, step: Call) -> Iterator[Said]:
        """A call of a function, or of a freeform tool."""
        yield from self.close()
        namespace, _, name = step.name.rpartition("/")
        call: Json = {"call_id": step.id or self.tool_id(), "name": name}
        if namespace:
            call["namespace"] = namespace
        freeform = set(step.input) == {"freeform"}
        text = str(step.input["freeform"]) if freeform else encode(step.input).decode()
        kind, given = ("custom_tool_call", "input") if freeform else ("function_call", "arguments")
        delta = "custom_tool_call_input.delta" if freeform else "function_call_arguments.delta"
        yield self.added(self.item(kind, **call, **{given: ""}))
        for piece in pieces(text, step.chunk):
            if step.pace:
                yield Wait(step.pace)
            self.written += len(piece)
            yield self.event(delta, delta=piece)
        yield self.done(self.item(kind, status="completed", **call, **{given: text}))


def _failed(step: Fail, message_id: str) -> Json:
    reason = error(step.status, step.message)["error"]
    response: Json = {"id": message_id, "object": "response", "status": "failed", "error": reason, "output": []}
    return {"type": "response.failed", "response": response}


def _last_response(events: list[Json]) -> Json:
    return next(event["response"] for event in reversed(events) if "response" in event)


_WORDING = Wording(frame=event_frame, error=error, failed=_failed, half=HALF_EVENT)
