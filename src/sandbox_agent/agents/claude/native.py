"""The messages of Claude Code that the adapter reads, as the CLI prints them in stream-json mode.

Every field has a default, for the CLI adds and drops keys with each version; a message that does not fit even so, and
any type without a class here, stays a dict. Source: lines printed by 2.1.197 and 2.1.330.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, cast

import msgspec

__all__ = [
    "Assistant",
    "Block",
    "ControlCancel",
    "ControlRequest",
    "ControlResponse",
    "Delta",
    "Message",
    "PermissionAsk",
    "Result",
    "StreamEvent",
    "Streamed",
    "System",
    "User",
    "decode",
    "text_of",
]


class _Line(msgspec.Struct, tag_field="type", frozen=True):
    pass


class Block(msgspec.Struct, frozen=True):
    """A content block of any type."""

    type: str
    text: str = ""
    thinking: str = ""
    id: str = ""
    name: str = ""
    input: Any = None
    tool_use_id: str = ""
    content: Any = None
    is_error: bool | None = None


class Delta(msgspec.Struct, frozen=True):
    """More of a block."""

    type: str = ""
    text: str = ""
    thinking: str = ""


class Head(msgspec.Struct, frozen=True):
    """What is known of a model message when it begins."""

    id: str = ""


class Streamed(msgspec.Struct, frozen=True):
    """One event of the model's stream, passed on by the CLI."""

    type: str
    index: int = 0
    message: Head | None = None
    content_block: Block | None = None
    delta: Delta | None = None


class StreamEvent(_Line, tag="stream_event", frozen=True):
    """A model message is being said."""

    event: Streamed
    parent_tool_use_id: str | None = None


class ModelMessage(msgspec.Struct, frozen=True):
    """A message of the model, or of the CLI in its place (`<synthetic>`)."""

    id: str = ""
    model: str = ""
    content: list[Block] | str = ""


class Assistant(_Line, tag="assistant", frozen=True):
    """One finished content block of a model message (several only where nothing was streamed)."""

    message: ModelMessage
    uuid: str = ""
    parent_tool_use_id: str | None = None
    error: str | None = None
    api_error: str | None = None
    api_error_status: int | None = None


class UserMessage(msgspec.Struct, frozen=True):
    """What goes to the model: tool results, or text."""

    content: list[Block] | str = ""


class User(_Line, tag="user", frozen=True):
    """Tool results, messages the CLI makes for the model, and echoes of ours."""

    message: UserMessage
    uuid: str = ""
    parent_tool_use_id: str | None = None
    tool_use_result: Any = None
    is_replay: bool = msgspec.field(default=False, name="isReplay")


class System(_Line, tag="system", frozen=True):
    """News of the CLI itself; `subtype` says which fields mean something."""

    subtype: str
    session_id: str = ""
    uuid: str = ""
    status: str | None = None
    permission_mode: str | None = msgspec.field(default=None, name="permissionMode")
    compact_error: str | None = None
    compact_metadata: Any = None
    attempt: int = 0
    max_retries: int = 0
    retry_delay_ms: float = 0
    error_status: int | None = None
    error: Any = None
    task_id: str = ""
    tool_use_id: str | None = None
    description: str = ""
    summary: str = ""
    patch: Any = None
    content: Any = None
    message: Any = None
    mcp_servers: Any = None


class Result(_Line, tag="result", frozen=True):
    """The end of a turn. Costs are sums over the life of the process."""

    subtype: str = ""
    is_error: bool = False
    result: str | None = None
    errors: list[str] = msgspec.field(default_factory=list[str])
    api_error_status: int | None = None
    terminal_reason: str | None = None
    total_cost_usd: float = 0
    usage: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    model_usage: dict[str, Any] = msgspec.field(default_factory=dict[str, Any], name="modelUsage")
    origin: Any = None


class PermissionAsk(msgspec.Struct, frozen=True):
    """What the CLI asks of its host; only `can_use_tool` means something to us."""

    subtype: str
    tool_name: str = ""
    input: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    description: str | None = None
    permission_suggestions: list[dict[str, Any]] | None = None
    blocked_path: str | None = None
    tool_use_id: str = ""
    agent_id: str | None = None


class ControlRequest(_Line, tag="control_request", frozen=True):
    """The CLI asks and waits."""

    request_id: str
    request: PermissionAsk


class ControlCancel(_Line, tag="control_cancel_request", frozen=True):
    """The CLI takes a request back."""

    request_id: str


class ControlReply(msgspec.Struct, frozen=True):
    """An answer to something we asked."""

    subtype: str
    request_id: str = ""
    response: Any = None
    error: str | None = None


class ControlResponse(_Line, tag="control_response", frozen=True):
    """The CLI answers."""

    response: ControlReply


Message: TypeAlias = StreamEvent | Assistant | User | System | Result | ControlRequest | ControlCancel | ControlResponse

_decode_known: Callable[[bytes], Message] = msgspec.json.Decoder(Message).decode
_decode_any = msgspec.json.Decoder().decode


def decode(line: bytes) -> Message | dict[str, Any]:
    """One line of the CLI. Raises `msgspec.DecodeError` for what is not a JSON object."""
    try:
        return _decode_known(line)
    except msgspec.ValidationError:
        value = _decode_any(line)
        if isinstance(value, dict):
            return cast("dict[str, Any]", value)
        raise


def text_of(content: list[Block] | str) -> str:
    """The texts of a message."""
    if isinstance(content, str):
        return content
    return "\n".join(block.text for block in content if block.type == "text")
