"""The universal events: what happened (event data) and where it stands in the log (the envelope).

Source: the universal event schema of the 0.1.x API, plus the additive fields of our turn contract. The wire keeps the
class of `data` in the envelope's `type`, so `EVENT_TYPES` maps one to the other. Fields that the contract omits when
they are empty belong to classes with `omit_defaults`; everywhere else an empty field is null.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from sandbox_agent.schema.base import Model, encode, to_builtins
from sandbox_agent.schema.content import Item

__all__ = [
    "EVENT_TYPES",
    "AgentUnparsed",
    "ChangedFile",
    "Choice",
    "DiffUpdated",
    "EndReason",
    "ErrorReported",
    "Event",
    "EventData",
    "EventSource",
    "ItemCompleted",
    "ItemDelta",
    "ItemStarted",
    "PermissionRequested",
    "PermissionResolved",
    "PermissionStatus",
    "Question",
    "QuestionRequested",
    "QuestionResolved",
    "QuestionStatus",
    "SessionEnded",
    "SessionStarted",
    "StderrTail",
    "Todo",
    "TodoUpdated",
    "TurnEnded",
    "TurnReason",
    "TurnStarted",
    "Unknown",
    "Usage",
    "UsageUpdated",
    "decode_event",
    "encode_event",
]

EventSource: TypeAlias = Literal["agent", "daemon"]
EndReason: TypeAlias = Literal["completed", "error", "terminated"]
TurnReason: TypeAlias = Literal["completed", "interrupted", "error", "terminated", "agent_exited"]
PermissionStatus: TypeAlias = Literal["requested", "accept", "accept_for_session", "reject"]
QuestionStatus: TypeAlias = Literal["requested", "answered", "rejected"]


class EventData(Model):
    """What happened. Each class is one event type."""

    TYPE: ClassVar[str] = ""


class SessionStarted(EventData):
    """The session exists. First event of every log."""

    TYPE: ClassVar[str] = "session.started"
    metadata: Any = None


class StderrTail(Model, omit_defaults=True):
    """The last words of an agent process on stderr."""

    truncated: bool
    head: str | None = None
    tail: str | None = None
    total_lines: int | None = None


class SessionEnded(EventData, omit_defaults=True):
    """The session is over. Last event of its log."""

    TYPE: ClassVar[str] = "session.ended"
    reason: EndReason
    terminated_by: EventSource
    message: str | None = None
    exit_code: int | None = None
    stderr: StderrTail | None = None


class TurnStarted(EventData, omit_defaults=True):
    """The agent begins to work on a message."""

    TYPE: ClassVar[str] = "turn.started"
    phase: Literal["started"] = msgspec.field(default_factory=lambda: "started")
    turn_id: str | None = None
    metadata: Any = None
    message_id: str | None = None
    """The message it works on; none when the agent began by itself (additive)."""


class TurnEnded(EventData, omit_defaults=True):
    """The agent rests. Exactly one for each `turn.started`."""

    TYPE: ClassVar[str] = "turn.ended"
    phase: Literal["ended"] = msgspec.field(default_factory=lambda: "ended")
    turn_id: str | None = None
    reason: TurnReason | None = None
    metadata: Any = None
    exit_code: int | None = None
    """Set with reason `agent_exited`: what the process returned; negative is a signal."""
    stderr: StderrTail | None = None


class ItemStarted(EventData):
    """An item appears. It carries no text that a delta repeats."""

    TYPE: ClassVar[str] = "item.started"
    item: Item


class ItemDelta(EventData):
    """More text of an open item."""

    TYPE: ClassVar[str] = "item.delta"
    item_id: str
    delta: str
    native_item_id: str | None = None


class ItemCompleted(EventData):
    """The final form of an item."""

    TYPE: ClassVar[str] = "item.completed"
    item: Item


class ErrorReported(EventData):
    """Something failed; see `code` for the machine, `message` for people.

    `hint`: what to do about it, in the daemon's words, as in a problem that the API answers with; most have none.
    """

    TYPE: ClassVar[str] = "error"
    message: str
    code: str | None = None
    details: Any = None
    hint: str | UnsetType = UNSET


class PermissionRequested(EventData):
    """The agent asks to act. Answer once, always or reject."""

    TYPE: ClassVar[str] = "permission.requested"
    permission_id: str
    action: str
    status: PermissionStatus = "requested"
    metadata: Any = None


class PermissionResolved(EventData):
    """A permission was answered, by a client or by the daemon."""

    TYPE: ClassVar[str] = "permission.resolved"
    permission_id: str
    action: str
    status: PermissionStatus
    metadata: Any = None


class Choice(Model):
    """One option of a question."""

    label: str
    description: str | None = None


class Question(Model):
    """One of the questions of a request."""

    question: str
    header: str | None = None
    options: tuple[Choice, ...] = ()
    multi_select: bool = False


class QuestionRequested(EventData):
    """The agent asks something. `prompt` and `options` are the first question; `questions` are all of them."""

    TYPE: ClassVar[str] = "question.requested"
    question_id: str
    prompt: str
    options: tuple[str, ...] = ()
    response: str | None = None
    status: QuestionStatus = "requested"
    questions: tuple[Question, ...] = ()
    """All questions of this request, with descriptions and multi-select (additive)."""
    plan: str | None = None
    """The plan to approve, in markdown, when the agent asks to leave plan mode (additive)."""
    item_id: str | None = None
    """The tool call that asks (additive)."""


class QuestionResolved(EventData):
    """A question was answered or rejected."""

    TYPE: ClassVar[str] = "question.resolved"
    question_id: str
    prompt: str
    status: QuestionStatus
    options: tuple[str, ...] = ()
    response: str | None = None
    answers: tuple[tuple[str, ...], ...] | None = None
    """One list of answers for each question (additive)."""


class AgentUnparsed(EventData):
    """The agent said something nobody knows; the payload is in the event's `raw`."""

    TYPE: ClassVar[str] = "agent.unparsed"
    error: str
    location: str
    raw_hash: str | None = None


class Usage(Model):
    """Tokens and money. Costs are in US dollars, as the agent reports them."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float | None = None


class UsageUpdated(EventData):
    """What a turn has used, and the session so far (additive)."""

    TYPE: ClassVar[str] = "usage.updated"
    turn: Usage
    session: Usage
    context_window: int | None = None
    """Size of the model's context in tokens, where the agent says it."""


class Todo(Model):
    """One entry of the agent's own to-do list."""

    id: str
    content: str
    status: Literal["pending", "in_progress", "completed"]


class TodoUpdated(EventData):
    """The agent's whole to-do list as it is now (additive)."""

    TYPE: ClassVar[str] = "todo.updated"
    todos: tuple[Todo, ...]


class ChangedFile(Model):
    """One file in a diff, and how much of it changed."""

    path: str
    """Relative to the working directory where it is below it."""
    change: Literal["added", "modified", "deleted"]
    additions: int = 0
    """Lines; none are counted where the file is not shown."""
    deletions: int = 0
    shown: bool = True
    """False for a binary file and one that is too large: it is named, its lines are not in the diff."""


class DiffUpdated(EventData):
    """What has changed in the working directory (additive).

    The daemon says it after each turn that changed files, for the session so far; agents that keep a diff of their
    running turn say that too.
    """

    TYPE: ClassVar[str] = "diff.updated"
    scope: Literal["turn", "session"]
    files: tuple[ChangedFile, ...]
    diff: str | None = None
    """Unified diff, where the agent says it; `GET /v1/sessions/{session_id}/diff` has that of the session."""
    truncated: bool = False
    """There is more than was looked at."""


class Unknown(EventData):
    """Data of an event type this version does not know; `data` is as it came."""

    TYPE: ClassVar[str] = "unknown"
    data: Any = None


EVENT_TYPES: dict[str, type[EventData]] = {
    kind.TYPE: kind
    for kind in (
        SessionStarted,
        SessionEnded,
        TurnStarted,
        TurnEnded,
        ItemStarted,
        ItemDelta,
        ItemCompleted,
        ErrorReported,
        PermissionRequested,
        PermissionResolved,
        QuestionRequested,
        QuestionResolved,
        AgentUnparsed,
        UsageUpdated,
        TodoUpdated,
        DiffUpdated,
    )
}


class Event(Model):
    """One line of a session's log: what happened, stamped with where it stands."""

    event_id: str
    """`evt_<sequence>`."""
    sequence: int
    """From 1, without gaps."""
    time: str
    """RFC 3339, UTC."""
    session_id: str
    type: str
    data: EventData
    native_session_id: str | None = None
    synthetic: bool = False
    """Made by the daemon to keep the grammar."""
    source: EventSource = "agent"
    raw: Any = None
    """What the agent said, when asked for with `includeRaw`."""


class _Envelope(Model):
    event_id: str
    sequence: int
    time: str
    session_id: str
    type: str
    data: msgspec.Raw
    native_session_id: str | None = None
    synthetic: bool = False
    source: EventSource = "agent"
    raw: Any = None


_decode_envelope = msgspec.json.Decoder(_Envelope).decode


def encode_event(event: Event) -> bytes:
    """The event as JSON, as it was on the wire; `decode_event` gives the same event back."""
    if isinstance(event.data, Unknown):
        plain = {**to_builtins(event), "data": event.data.data}
        return encode(plain)
    return encode(event)


def decode_event(data: bytes | str) -> Event:
    """The event that a line of JSON describes; an unknown type gives `Unknown` data instead of an error.

    Raises `msgspec.ValidationError` when known data has the wrong shape.
    """
    envelope = _decode_envelope(data)
    kind = EVENT_TYPES.get(envelope.type)
    body: EventData
    if kind is None:
        body = Unknown(data=msgspec.json.decode(envelope.data))
    else:
        body = msgspec.json.decode(envelope.data, type=kind)
    return Event(
        event_id=envelope.event_id,
        sequence=envelope.sequence,
        time=envelope.time,
        session_id=envelope.session_id,
        native_session_id=envelope.native_session_id,
        synthetic=envelope.synthetic,
        source=envelope.source,
        type=envelope.type,
        data=body,
        raw=envelope.raw,
    )
