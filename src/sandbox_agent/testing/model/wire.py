"""A reply as the Anthropic Messages API sends it: events, their SSE frames, and whole messages. No I/O.

Facts: platform documentation of the Messages API (streaming, errors), and the stream Claude Code reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox_agent.schema.base import decode
from sandbox_agent.testing.model.playing import Act, Json, Wording, collected, event_frame, streamed
from sandbox_agent.testing.model.script import Reply
from sandbox_agent.testing.model.speaker import Speaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["answer", "error", "folded", "stream"]

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


def stream(reply: Reply, message_id: str, model: str, tool_id: Callable[[], str]) -> Iterator[Act]:
    """The reply as a stream of server-sent events."""
    return streamed(Speaker(reply, message_id, model, tool_id), _WORDING)


def answer(reply: Reply, message_id: str, model: str, tool_id: Callable[[], str]) -> Iterator[Act]:
    """The reply as one message, for a request without `stream`."""
    return collected(Speaker(reply, message_id, model, tool_id), _WORDING, folded)


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


def error(status: int, message: str = "") -> Json:
    """The body of an error response."""
    kind = ERROR_TYPES.get(status, "api_error" if status >= SERVER_ERROR else "invalid_request_error")
    said = message or f"the script answers with status {status}"
    return {"type": "error", "error": {"type": kind, "message": said}}


_WORDING = Wording(
    frame=event_frame,
    error=error,
    failed=lambda step, _message_id: error(step.status, step.message),
    half=HALF_EVENT,
)
