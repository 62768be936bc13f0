"""What the adapter reads of OpenCode's server: events of its global stream, and replies to requests.

Every field has a default, for the server adds and drops keys with each version; an event that does not fit even so is
an `Other`. Source: `/global/event` and the replies of 1.18.33.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox_agent.adapter.http import Reply

__all__ = [
    "Connected",
    "Info",
    "Message",
    "MessageUpdated",
    "Other",
    "Part",
    "PartDelta",
    "PartUpdated",
    "PermissionAsked",
    "PermissionReplied",
    "QuestionAsked",
    "QuestionRejected",
    "QuestionReplied",
    "SessionCompacted",
    "SessionCreated",
    "SessionError",
    "SessionIdle",
    "SessionInfo",
    "SessionStatus",
    "State",
    "Status",
    "TodosUpdated",
    "decode",
    "read",
]


class _Native(msgspec.Struct, frozen=True):
    pass


class _OfSession(_Native, frozen=True):
    session_id: str = msgspec.field(default="", name="sessionID")


class Info(_OfSession, frozen=True):
    """A message of a conversation, without its parts."""

    id: str = ""
    role: str = ""
    parent_id: str = msgspec.field(default="", name="parentID")
    error: Any = None
    finish: str | None = None
    time: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])

    @property
    def over(self) -> bool:
        """Whether nothing will be added."""
        return bool(self.time.get("completed")) or self.error is not None


class State(_Native, frozen=True):
    """How far a tool call is."""

    status: str = ""
    input: Any = None
    output: str = ""
    title: str | None = None
    metadata: Any = None
    error: Any = None
    attachments: Any = None
    time: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])


class Part(_OfSession, frozen=True):
    """A part of a message; `type` says which fields mean something."""

    id: str = ""
    message_id: str = msgspec.field(default="", name="messageID")
    type: str = ""
    text: str = ""
    time: dict[str, Any] | None = None
    synthetic: bool = False
    ignored: bool = False
    tool: str = ""
    call_id: str = msgspec.field(default="", name="callID")
    state: State = State()
    tokens: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    cost: float = 0
    files: Any = None
    mime: str = ""
    url: str = ""
    filename: str | None = None
    description: str = ""
    attempt: int = 0
    error: Any = None
    auto: bool = False


class SessionInfo(_Native, frozen=True):
    """A conversation."""

    id: str = ""
    parent_id: str | None = msgspec.field(default=None, name="parentID")


class Status(_Native, frozen=True):
    """What a conversation is doing."""

    type: str = ""
    attempt: int = 0
    message: str = ""


class Call(_Native, frozen=True):
    """The tool call that asks."""

    message_id: str = msgspec.field(default="", name="messageID")
    call_id: str = msgspec.field(default="", name="callID")


class MessageUpdated(_Native, frozen=True):
    """A message as it is now."""

    info: Info


class PartUpdated(_Native, frozen=True):
    """A part as it is now."""

    part: Part


class PartDelta(_OfSession, frozen=True):
    """More of a part."""

    message_id: str = msgspec.field(default="", name="messageID")
    part_id: str = msgspec.field(default="", name="partID")
    field: str = ""
    delta: str = ""


class SessionCreated(_Native, frozen=True):
    """A conversation begins; one with a parent is a subagent's."""

    info: SessionInfo


class SessionStatus(_OfSession, frozen=True):
    """A conversation is busy, idle, or tries again."""

    status: Status = Status()


class SessionIdle(_OfSession, frozen=True):
    """A conversation rests. After an error or an abort it comes twice, the first time too early."""


class SessionError(_OfSession, frozen=True):
    """Something failed."""

    error: Any = None


class SessionCompacted(_OfSession, frozen=True):
    """The history was summarised."""


class PermissionAsked(_OfSession, frozen=True):
    """A tool asks to act."""

    id: str = ""
    permission: str = ""
    patterns: list[str] = msgspec.field(default_factory=list[str])
    metadata: Any = None
    always: list[str] = msgspec.field(default_factory=list[str])
    tool: Call = Call()


class PermissionReplied(_OfSession, frozen=True):
    """A permission was answered."""

    request_id: str = msgspec.field(default="", name="requestID")
    reply: str = ""


class QuestionAsked(_OfSession, frozen=True):
    """A tool asks the user."""

    id: str = ""
    questions: Any = None
    tool: Call = Call()


class QuestionReplied(_OfSession, frozen=True):
    """A question was answered."""

    request_id: str = msgspec.field(default="", name="requestID")
    answers: Any = None


class QuestionRejected(_OfSession, frozen=True):
    """A question was refused."""

    request_id: str = msgspec.field(default="", name="requestID")


class TodosUpdated(_OfSession, frozen=True):
    """The whole to-do list."""

    todos: Any = None


class Connected(_Native, frozen=True):
    """The event stream begins, or begins again."""


class Other(_OfSession, frozen=True):
    """An event without a class here."""

    type: str = ""


Message = (
    Connected
    | MessageUpdated
    | PartUpdated
    | PartDelta
    | SessionCreated
    | SessionStatus
    | SessionIdle
    | SessionError
    | SessionCompacted
    | PermissionAsked
    | PermissionReplied
    | QuestionAsked
    | QuestionReplied
    | QuestionRejected
    | TodosUpdated
    | Other
    | Reply
)

_TYPES: Mapping[str, type[Any]] = {
    "message.part.delta": PartDelta,
    "message.part.updated": PartUpdated,
    "message.updated": MessageUpdated,
    "permission.asked": PermissionAsked,
    "permission.replied": PermissionReplied,
    "question.asked": QuestionAsked,
    "question.rejected": QuestionRejected,
    "question.replied": QuestionReplied,
    "server.connected": Connected,
    "session.compacted": SessionCompacted,
    "session.created": SessionCreated,
    "session.error": SessionError,
    "session.idle": SessionIdle,
    "session.status": SessionStatus,
    "todo.updated": TodosUpdated,
}
_DECODERS: Mapping[str, msgspec.json.Decoder[Any]] = {name: msgspec.json.Decoder(kind) for name, kind in _TYPES.items()}


class _Payload(_Native, frozen=True):
    type: str = ""
    properties: msgspec.Raw = msgspec.Raw(b"{}")


class _Line(_Native, frozen=True):
    payload: _Payload | None = None
    reply: str | None = None
    status: int = 0
    body: Any = None
    error: str | None = None


_decode_line = msgspec.json.Decoder(_Line).decode
_decode_of_session = msgspec.json.Decoder(_OfSession).decode


def decode(line: bytes) -> Message | dict[str, Any]:
    """One line of the link; a dict is neither event nor reply. Raises `msgspec.DecodeError` for what is no object."""
    try:
        told = _decode_line(line)
    except msgspec.ValidationError:
        told = _Line()
    if told.reply is not None:
        return Reply(reply=told.reply, status=told.status, body=told.body, error=told.error)
    if told.payload is None:
        return msgspec.json.decode(line, type=dict[str, Any])
    decoder = _DECODERS.get(told.payload.type)
    if decoder is not None:
        try:
            message: Message = decoder.decode(told.payload.properties)
            return message
        except msgspec.ValidationError:
            return Other(type=f"{told.payload.type} (malformed)")
    try:
        session_id = _decode_of_session(told.payload.properties).session_id
    except msgspec.ValidationError:
        session_id = ""
    return Other(session_id=session_id, type=told.payload.type)


def read(value: object, kind: type[Any]) -> Any:
    """A decoded JSON value as `kind`, None when it does not fit."""
    try:
        return msgspec.convert(value, type=kind)
    except msgspec.ValidationError:
        return None
