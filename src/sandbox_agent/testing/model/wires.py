"""The APIs a scripted model speaks: where each is found and how it puts what the script says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from sandbox_agent.testing.model import chat, responses, wire
from sandbox_agent.testing.model.playing import Act
from sandbox_agent.testing.model.request import ModelRequest
from sandbox_agent.testing.model.responses_request import ResponsesRequest
from sandbox_agent.testing.model.script import Reply

__all__ = ["CHAT", "MESSAGES", "RESPONSES", "WIRES", "Wire"]

Teller: TypeAlias = Callable[[Reply, str, str, Callable[[], str]], Iterator[Act]]
"""Reply, id of the message, model, source of ids for tool calls."""


class Wire(NamedTuple):
    """One API."""

    stream: Teller
    answer: Teller
    """For requests without `stream`."""
    error: Callable[[int, str], dict[str, Any]]
    message_id: str
    """With the number of the request in it."""
    tool_id: str
    """With the number of the call in it."""
    request: type[ModelRequest] = ModelRequest
    """How its requests are read."""


MESSAGES = Wire(wire.stream, wire.answer, wire.error, "msg_scripted_{:04}", "toolu_scripted_{:04}")
CHAT = Wire(chat.stream, chat.answer, chat.error, "chatcmpl-scripted-{:04}", "call_scripted_{:04}")
RESPONSES = Wire(
    responses.stream,
    responses.answer,
    responses.error,
    "resp_scripted_{:04}",
    "call_scripted_{:04}",
    ResponsesRequest,
)

WIRES: Mapping[str, Wire] = {
    "/v1/messages": MESSAGES,
    "/v1/messages/count_tokens": MESSAGES,
    "/v1/chat/completions": CHAT,
    "/v1/responses": RESPONSES,
}
"""By path."""
