"""Bodies of requests and responses. Keys are camelCase on the wire, unlike inside events.

Source: the HTTP contract of the 0.1.x API; fields marked additive are ours.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import UNSET, UnsetType

from sandbox_agent.schema.base import CamelModel
from sandbox_agent.schema.commands import Attachment, PermissionReply
from sandbox_agent.schema.errors import Problem
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


class Capabilities(CamelModel):
    """What an agent can do, as data."""

    plan_mode: bool = False
    permissions: bool = False
    questions: bool = False
    tool_calls: bool = False
    tool_results: bool = False
    text_messages: bool = True
    images: bool = False
    file_attachments: bool = False
    session_lifecycle: bool = False
    error_events: bool = False
    reasoning: bool = False
    status: bool = False
    command_execution: bool = False
    file_changes: bool = False
    mcp_tools: bool = False
    streaming_deltas: bool = False
    item_started: bool = False
    shared_process: bool = False
    fork: bool = False


class ServerStatus(CamelModel, omit_defaults=True):
    """State of an agent's shared server process."""

    status: Literal["running", "stopped", "error"]
    restart_count: int
    base_url: str | None = None
    uptime_ms: int | None = None
    last_error: str | None = None


class AgentInfo(CamelModel, omit_defaults=True):
    """One agent of `GET /v1/agents`."""

    id: str
    installed: bool
    credentials_available: bool
    capabilities: Capabilities
    version: str | None = None
    path: str | None = None
    server_status: ServerStatus | None = None


class AgentList(CamelModel):
    """Answer of `GET /v1/agents`."""

    agents: tuple[AgentInfo, ...]


class InstallRequest(CamelModel):
    """Body of `POST /v1/agents/{agent}/install`."""

    reinstall: bool | None = None


class InstallProgress(CamelModel, omit_defaults=True):
    """How far an installation is: one server-sent event of `POST /v1/agents/{agent}/install/stream` (additive).

    The last one of a stream is `done` or `failed`.
    """

    state: Literal["waiting", "downloading", "verifying", "done", "failed"]
    what: str = ""
    """What is being done, in words."""
    bytes: int | None = None
    """On disk so far, while it downloads."""
    version: str | None = None
    """Once it is known."""
    path: str | None = None
    """The executable, when it is done."""
    problem: Problem | None = None
    """Why it failed."""


class Mode(CamelModel):
    """One agent mode."""

    id: str
    name: str
    description: str


class ModeList(CamelModel):
    """Answer of `GET /v1/agents/{agent}/modes`."""

    modes: tuple[Mode, ...]


class Model(CamelModel, omit_defaults=True):
    """One model an agent offers; `variants` are its effort levels."""

    id: str
    name: str | None = None
    variants: tuple[str, ...] | None = None
    default_variant: str | None = None


class ModelList(CamelModel, omit_defaults=True):
    """Answer of `GET /v1/agents/{agent}/models`."""

    models: tuple[Model, ...]
    default_model: str | None = None


class McpOauth(CamelModel, omit_defaults=True):
    """OAuth client of a remote MCP server."""

    client_id: str | None = None
    client_secret: str | None = None
    scope: str | None = None


class LocalMcpServer(CamelModel, tag="local", omit_defaults=True):
    """An MCP server that is a program."""

    command: str | tuple[str, ...]
    args: tuple[str, ...] = ()
    env: dict[str, str] | None = None
    enabled: bool | None = None
    timeout_ms: int | None = None
    cwd: str | None = None


class RemoteMcpServer(CamelModel, tag="remote", omit_defaults=True):
    """An MCP server behind a URL."""

    url: str
    headers: dict[str, str] | None = None
    bearer_token_env_var: str | None = None
    env_headers: dict[str, str] | None = None
    oauth: McpOauth | bool | None = None
    enabled: bool | None = None
    timeout_ms: int | None = None
    transport: Literal["http", "sse"] | None = None


McpServer: TypeAlias = LocalMcpServer | RemoteMcpServer


class SkillSource(CamelModel, omit_defaults=True):
    """Where skills come from."""

    type: str
    source: str
    skills: tuple[str, ...] | None = None
    ref: str | None = None
    subpath: str | None = None


class Skills(CamelModel):
    """The skills of a session."""

    sources: tuple[SkillSource, ...] = ()


class HookMatcher(CamelModel, omit_defaults=True):
    """What to run at a hook event, as Claude Code's settings say it."""

    hooks: tuple[dict[str, Any], ...]
    """Each with its `type`, for example `{"type": "command", "command": "./check.sh", "timeout": 10}`."""
    matcher: str | None = None
    """Which tools it is for, a regular expression; all when absent."""


class CreateSessionRequest(CamelModel, omit_defaults=True):
    """Body of `POST /v1/sessions/{session_id}`."""

    agent: str
    agent_mode: str | None = None
    permission_mode: str | None = None
    model: str | None = None
    variant: str | None = None
    agent_version: str | None = None
    directory: str | None = None
    """The agent's working directory; the daemon's own when absent."""
    title: str | None = None
    mcp: dict[str, McpServer] | None = None
    skills: Skills | None = None
    instructions: str | None = None
    """Added to the agent's system prompt (additive)."""
    hooks: dict[str, tuple[HookMatcher, ...]] | None = None
    """What to run, by hook event, in this session only (additive)."""
    resume: str | None = None
    """Native session id to go on with (additive)."""


class AgentError(CamelModel, omit_defaults=True):
    """Kept for old clients; never set."""

    type: str
    message: str
    agent: str | None = None
    session_id: str | None = None
    details: Any = None


class CreateSessionResponse(CamelModel, omit_defaults=True):
    """Answer of `POST /v1/sessions/{session_id}`."""

    healthy: bool
    error: AgentError | None = None
    native_session_id: str | None = None


class ForkRequest(CamelModel, omit_defaults=True):
    """Body of `POST /v1/sessions/{session_id}/fork` (additive). What is absent is as in the original."""

    new_session_id: str
    """Id of the new session, of your choice."""
    turn_id: str | None = None
    """The last turn to take along; the last one that has ended when absent."""
    title: str | None = None
    agent_mode: str | None = None
    permission_mode: str | None = None
    model: str | None = None
    variant: str | None = None


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
