"""What a session is created with, anew or as a fork.

Source: the HTTP contract of the 0.1.x API; fields marked additive are ours.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from sandbox_agent.schema.base import CamelModel

__all__ = [
    "AgentError",
    "CreateSessionRequest",
    "CreateSessionResponse",
    "ForkRequest",
    "HookMatcher",
    "LocalMcpServer",
    "McpOauth",
    "McpServer",
    "RemoteMcpServer",
    "SkillSource",
    "Skills",
]


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
