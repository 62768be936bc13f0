"""Bodies of requests and responses. Keys are camelCase on the wire, unlike inside events.

Those about agents are in `schema.agents`, those of a session's creation in `schema.creation`, and all are named here.
Source: the HTTP contract of the 0.1.x API; fields marked additive are ours.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import UNSET, UnsetType

from sandbox_agent.schema.agents import (
    AgentInfo,
    AgentList,
    Capabilities,
    InstallProgress,
    InstallRequest,
    Mode,
    Model,
    ModeList,
    ModelList,
    ServerStatus,
)
from sandbox_agent.schema.base import CamelModel
from sandbox_agent.schema.commands import Attachment, PermissionReply
from sandbox_agent.schema.creation import (
    AgentError,
    CreateSessionRequest,
    CreateSessionResponse,
    ForkRequest,
    HookMatcher,
    LocalMcpServer,
    McpOauth,
    McpServer,
    RemoteMcpServer,
    Skills,
    SkillSource,
)
from sandbox_agent.schema.events import ChangedFile, Event, PermissionRequested, QuestionRequested

__all__ = [
    "AgentError",
    "AgentInfo",
    "AgentList",
    "Capabilities",
    "CreateSessionRequest",
    "CreateSessionResponse",
    "Delivered",
    "Delivery",
    "EventPage",
    "ForkRequest",
    "Health",
    "HookMatcher",
    "InstallProgress",
    "InstallRequest",
    "InterruptRequest",
    "LocalMcpServer",
    "McpOauth",
    "McpServer",
    "MessageRequest",
    "Mode",
    "ModeList",
    "Model",
    "ModelList",
    "PermissionReplyRequest",
    "QuestionReplyRequest",
    "Queue",
    "QueuedMessage",
    "RemoteMcpServer",
    "ServerStatus",
    "SessionDetail",
    "SessionDiff",
    "SessionInfo",
    "SessionList",
    "SessionState",
    "SkillSource",
    "Skills",
]

Delivery: TypeAlias = Literal["queue", "steer", "reject"]
SessionState: TypeAlias = Literal["idle", "running", "waiting", "ended"]


class Health(CamelModel):
    """Answer of `GET /v1/health`."""

    status: Literal["ok"] = "ok"


class MessageRequest(CamelModel, omit_defaults=True):
    """Body of `POST /v1/sessions/{session_id}/messages`."""

    message: str
    attachments: tuple[Attachment, ...] = ()
    delivery: Delivery | None = None
    """What to do when a turn is running: queue (default), steer, reject (additive). With it the answer is a
    `Delivered` body instead of 204."""


class Delivered(CamelModel):
    """What became of a message that named its `delivery` (additive)."""

    message_id: str
    delivery: Literal["started", "steered", "queued"]
    offset: int
    """The log's last sequence when the message was taken: what comes of it is after that."""


class QueuedMessage(CamelModel):
    """A message that waits for the running turn to end."""

    message_id: str
    message: str
    attachments: tuple[Attachment, ...] = ()


class Queue(CamelModel):
    """Answer of `GET /v1/sessions/{session_id}/queue`, next one first (additive)."""

    messages: tuple[QueuedMessage, ...]


class PermissionReplyRequest(CamelModel, omit_defaults=True):
    """Body of a permission reply."""

    reply: PermissionReply
    message: str | None = None
    """With `reject`: a word to the agent (additive)."""


class QuestionReplyRequest(CamelModel):
    """Body of a question reply: one list of answers for each question."""

    answers: tuple[tuple[str, ...], ...]


class InterruptRequest(CamelModel):
    """Body of an interrupt; may be left out."""

    clear_queue: bool = False


class SessionInfo(CamelModel, kw_only=True):
    """One session of `GET /v1/sessions`. Times are milliseconds since the epoch."""

    session_id: str
    agent: str
    agent_mode: str
    permission_mode: str
    model: str | None
    variant: str | None
    native_session_id: str | None
    ended: bool
    event_count: int
    created_at: int
    updated_at: int
    directory: str | None
    title: str | None
    state: SessionState
    """Additive."""
    log_id: str
    """Another one when the session's id was used again, as after a restart: sequences began anew (additive)."""
    mcp: dict[str, McpServer] | UnsetType = UNSET
    """As it was asked for, when it was; what may be a secret reads `[redacted]`."""
    skills: Skills | UnsetType = UNSET
    """As they were asked for, when they were."""
    forked_from: str | UnsetType = UNSET
    """The session that this one is a fork of (additive)."""


class SessionDetail(SessionInfo):
    """Answer of `GET /v1/sessions/{session_id}` (additive)."""

    turn_id: str | None
    permissions: tuple[PermissionRequested, ...]
    """Still to be answered."""
    questions: tuple[QuestionRequested, ...]
    """Still to be answered."""
    queue: tuple[QueuedMessage, ...]


class SessionList(CamelModel):
    """Answer of `GET /v1/sessions`, newest first."""

    sessions: tuple[SessionInfo, ...]


class SessionDiff(CamelModel):
    """Answer of `GET /v1/sessions/{session_id}/diff`: the working directory now, against the session's beginning."""

    files: tuple[ChangedFile, ...]
    """By path."""
    diff: str
    """Unified diff as `git apply` takes it; files that are not shown are named in it or left out."""
    truncated: bool
    """There is more than was looked at, or than fits."""


class EventPage(CamelModel):
    """Answer of `GET /v1/sessions/{session_id}/events`."""

    events: tuple[Event, ...]
    has_more: bool
