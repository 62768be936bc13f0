"""A reply as the Anthropic Messages API sends it: events, their SSE frames, and whole messages. No I/O.

Facts: platform documentation of the Messages API (streaming, errors), and the stream Claude Code reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox_agent.schema.base import decode, encode
from sandbox_agent.testing.model.script import Cut, Fail, Reply
from sandbox_agent.testing.model.speaker import Hold, Json, Speaker, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Act", "Break", "Hold", "Refuse", "Send", "Wait", "answer", "error", "stream"]

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
SERVER_ERROR = 500
# A client sees the beginning of an event and never its blank line.
HALF_EVENT = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"del'


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes of the response body."""

    data: bytes


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


def stream(reply: Reply, message_id: str, model: str, tool_id: Callable[[], str]) -> Iterator[Act]:
    """The reply as a stream of server-sent events."""
    begun = False
    for said in Speaker(reply, message_id, model, tool_id).speak():
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
    for said in Speaker(reply, message_id, model, tool_id).speak():
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
        match event["type"]:
            case "message_start":
                message = {**event["message"], "content": []}
            case "content_block_start":
                message["content"].append(dict(event["content_block"]))
            case "content_block_delta":
                _extend(message["content"][event["index"]], event["delta"], inputs, event["index"])
            case "message_delta":
                message |= {**event["delta"], "usage": event["usage"]}
            case _:
                pass
    for index, text in inputs.items():
        message["content"][index]["input"] = decode(text, dict[str, Any])
    return message


def _extend(block: Json, delta: Json, inputs: dict[int, str], index: int) -> None:
    if delta["type"] == "input_json_delta":
        inputs[index] = inputs.get(index, "") + str(delta["partial_json"])
        return
    for name, text in delta.items():
        if name != "type":
            block[name] += text


def frame(event: Json) -> bytes:
    """One server-sent event."""
    return b"event: %s\ndata: %s\n\n" % (str(event.get("type", "")).encode(), encode(event))


def error(status: int, message: str = "") -> Json:
    """The body of an error response."""
    kind = ERROR_TYPES.get(status, "api_error" if status >= SERVER_ERROR else "invalid_request_error")
    said = message or f"the script answers with status {status}"
    return {"type": "error", "error": {"type": kind, "message": said}}


def _error_of(step: Fail) -> Json:
    return error(step.status, step.message)


def _refusal(step: Fail) -> Refuse:
    return Refuse(step.status, encode(_error_of(step)), step.retry_after)
