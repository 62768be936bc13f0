"""The lines that the mock agent and its adapter exchange: JSON objects told apart by `type`."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from sandbox_agent.schema.base import Model
from sandbox_agent.schema.commands import PermissionReply
from sandbox_agent.schema.content import ContentPart, ItemKind, ItemRole, ItemStatus
from sandbox_agent.schema.events import ChangedFile, Question, Todo, TurnReason, Usage

__all__ = [
    "Answered",
    "AskedPermission",
    "AskedQuestion",
    "Changed",
    "Completed",
    "Delta",
    "Failed",
    "Heard",
    "Interrupted",
    "Prompt",
    "Said",
    "SessionEnd",
    "Started",
    "Strange",
    "Todos",
    "TurnEnd",
    "Used",
    "decode",
    "hear",
]


class Prompt(Model, tag="message"):
    """A message for the agent."""

    prefix: str
    """What the native ids of its answer begin with."""
    text: str


class Answered(Model, tag="answer"):
    """How a permission (`reply`) or a question (`answers`, None when refused) was answered."""

    id: str
    reply: PermissionReply | None = None
    message: str | None = None
    answers: tuple[tuple[str, ...], ...] | None = None


class Interrupted(Model, tag="interrupt"):
    """Stop the running turn."""


Heard: TypeAlias = Prompt | Answered | Interrupted
"""What the agent hears."""


class Started(Model, tag="item_started"):
    """An item opens."""

    id: str
    kind: ItemKind = "message"
    role: ItemRole = "assistant"
    content: tuple[ContentPart, ...] = ()
    parent: str | None = None


class Delta(Model, tag="item_delta"):
    """More text of an open item."""

    id: str
    text: str


class Completed(Model, tag="item_completed"):
    """The final form of an item."""

    id: str
    kind: ItemKind = "message"
    role: ItemRole = "assistant"
    content: tuple[ContentPart, ...] = ()
    status: ItemStatus = "completed"
    parent: str | None = None


class AskedPermission(Model, tag="permission"):
    """The agent asks to act."""

    id: str
    action: str
    metadata: dict[str, Any]


class AskedQuestion(Model, tag="question"):
    """The agent asks something."""

    id: str
    questions: tuple[Question, ...]
    plan: str | None = None


class Failed(Model, tag="error"):
    """Something went wrong inside the agent."""

    message: str
    code: str
    details: dict[str, Any]


class Used(Model, tag="usage"):
    """What the turn has used so far."""

    turn: Usage
    context_window: int


class Todos(Model, tag="todos"):
    """The agent's to-do list."""

    todos: tuple[Todo, ...]


class Changed(Model, tag="changed"):
    """What the turn has changed so far."""

    files: tuple[ChangedFile, ...]
    diff: str


class Strange(Model, tag="strange"):
    """A message that the adapter does not know, on purpose: it is not among `Said`."""

    payload: dict[str, Any]


class TurnEnd(Model, tag="turn_end"):
    """The agent rests."""

    reason: TurnReason = "completed"


class SessionEnd(Model, tag="session_end"):
    """The agent ends the session."""

    reason: Literal["completed"] = "completed"


Said: TypeAlias = (
    Started
    | Delta
    | Completed
    | AskedPermission
    | AskedQuestion
    | Failed
    | Used
    | Todos
    | Changed
    | TurnEnd
    | SessionEnd
)
"""What the agent says."""

_said = msgspec.json.Decoder[Said](Said)
_heard = msgspec.json.Decoder[Heard](Heard)


def decode(line: bytes) -> Any:
    """One line of the agent: one of `Said`, or plain values when it is none of them.

    Raises `msgspec.DecodeError` when it is not JSON.
    """
    try:
        return _said.decode(line)
    except msgspec.ValidationError:
        return msgspec.json.decode(line)


def hear(line: bytes) -> Heard:
    """One line to the agent."""
    heard: Heard = _heard.decode(line)
    return heard
