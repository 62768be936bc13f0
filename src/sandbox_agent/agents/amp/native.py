"""The messages of Amp that the adapter reads, as the CLI prints them, and those of our helper.

Every field has a default; a message that does not fit even so, and any type without a class here, stays a dict.
Source: lines printed by 0.0.1790142911.
"""

from __future__ import annotations

import contextlib
from typing import Any, TypeAlias

import msgspec

from sandbox_agent.adapter.mending import flattened, mended

__all__ = [
    "Assistant",
    "Block",
    "HelperAsks",
    "HelperGone",
    "Init",
    "Message",
    "Result",
    "Said",
    "User",
    "decode",
    "embedded",
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


class Said(msgspec.Struct, frozen=True):
    """A message of the conversation."""

    content: list[Block] = msgspec.field(default_factory=list[Block])
    stop_reason: str | None = None
    usage: dict[str, Any] | None = None


class Init(_Line, tag="system", frozen=True):
    """The first line of a process."""

    subtype: str = ""
    session_id: str = ""
    mcp_servers: Any = None


class Assistant(_Line, tag="assistant", frozen=True):
    """A whole message of the model."""

    message: Said = msgspec.field(default_factory=Said)
    parent_tool_use_id: str | None = None


class User(_Line, tag="user", frozen=True):
    """A prompt, once the service has it, or the results of tools."""

    message: Said = msgspec.field(default_factory=Said)
    parent_tool_use_id: str | None = None


class Result(_Line, tag="result", frozen=True):
    """The last line of a process, also when a turn failed."""

    subtype: str = ""
    is_error: bool = False
    error: str = ""


class HelperAsks(_Line, tag="helper", frozen=True):
    """Our helper asks whether a tool may run."""

    id: int
    env: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    input: str = ""


class HelperGone(_Line, tag="helper_gone", frozen=True):
    """It does not wait any more."""

    id: int


Message: TypeAlias = Init | Assistant | User | Result | HelperAsks | HelperGone

_decode = msgspec.json.Decoder[Message](Message)


def decode(line: bytes) -> Any:
    """One line: a `Message`, or plain values when it is none. Raises `msgspec.DecodeError` when it is not JSON."""
    try:
        return _decode.decode(line)
    except msgspec.ValidationError:
        return msgspec.json.decode(line)


def embedded(text: str) -> Any:
    """What the JSON says that a text is, as results and inputs of tools are; None when it is none."""
    line = text.encode()
    for mend in (flattened, mended):
        with contextlib.suppress(msgspec.DecodeError):
            line = mend(line)
            return msgspec.json.decode(line)
    return None
