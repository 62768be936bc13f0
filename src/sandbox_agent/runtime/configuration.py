"""What a client may configure for one session, checked against what its agent takes, and how it is told. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from sandbox_agent.adapter import Agent, SessionOptions
from sandbox_agent.schema.api import (
    CreateSessionRequest,
    ForkRequest,
    LocalMcpServer,
    McpOauth,
    McpServer,
    RemoteMcpServer,
)
from sandbox_agent.schema.base import to_builtins
from sandbox_agent.schema.errors import InvalidRequest

__all__ = ["check_configuration", "check_fork", "forked", "told_of"]


def check_configuration(agent: Agent, request: CreateSessionRequest) -> None:
    """Raises `InvalidRequest`, naming the agent and the field, for what the agent cannot do."""
    takes = agent.takes
    if request.instructions and not takes.instructions:
        raise _refused(agent, "instructions", "put them into the first message, or into the agent's own file")
    if request.skills is not None and request.skills.sources:
        if not takes.skills:
            raise _refused(agent, "skills")
        if request.resume and not takes.skills_resumed:
            raise _refused(agent, "skills with resume", "a conversation keeps the skills it began with")
    if request.hooks:
        _check_hooks(agent, request.hooks)
    if request.mcp and not takes.mcp:
        raise _refused(agent, "mcp")
    for name, server in (request.mcp or {}).items():
        _check_server(agent, name, server)


def check_fork(agent: Agent, session_id: str, original: CreateSessionRequest) -> None:
    """Raises `InvalidRequest`, naming agent and session, where a conversation cannot be forked."""
    if not agent.capabilities.fork:
        hint = "create a session, and tell it what it must know"
        reason = f"the agent {agent.name} cannot fork a conversation"
        raise InvalidRequest(reason, agent=agent.name, session_id=session_id, hint=hint)
    if original.skills is not None and original.skills.sources and not agent.takes.skills_resumed:
        hint = "a conversation keeps the skills it began with, and those go with their session"
        reason = f"the agent {agent.name} cannot fork a conversation that has skills of its own"
        raise InvalidRequest(reason, agent=agent.name, session_id=session_id, hint=hint)


def forked(original: CreateSessionRequest, request: ForkRequest) -> CreateSessionRequest:
    """What a fork is created with."""
    wanted = {
        "agent_mode": request.agent_mode,
        "permission_mode": request.permission_mode,
        "model": request.model,
        "variant": request.variant,
        "title": request.title,
    }
    changes = {name: value for name, value in wanted.items() if value is not None}
    return msgspec.structs.replace(original, resume=None, **changes)


def told_of(agent: Agent, options: SessionOptions) -> dict[str, Any]:
    """What a session's log begins with."""
    told = {
        "agent": agent.name,
        "agentMode": options.agent_mode,
        "permissionMode": options.permission_mode,
        "model": options.model,
        "variant": options.variant,
    }
    return told | {"forkedFrom": options.forked_from} if options.forked_from else told


def _check_hooks(agent: Agent, events: dict[str, Any]) -> None:
    known = agent.takes.hooks
    if not known:
        raise _refused(agent, "hooks")
    for event in events:
        if event not in known:
            raise _refused(agent, f"hooks.{event}", f"it knows {', '.join(sorted(known))}")


def _check_server(agent: Agent, name: str, server: McpServer) -> None:
    if isinstance(server, LocalMcpServer) and not (server.command and server.command[0]):
        raise InvalidRequest("mcp command cannot be empty", agent=agent.name, hint=f"give mcp.{name} a command")
    for field in _fields(server):
        if field in agent.takes.mcp_lacks:
            raise _refused(agent, f"mcp.{name}.{field}")


def _fields(server: McpServer) -> Iterator[str]:
    """The fields that are set, as the API spells them; `oauth.scope` and `transport.sse` for what is within them."""
    yield from to_builtins(server)
    if isinstance(server, RemoteMcpServer):
        if isinstance(server.oauth, McpOauth):
            yield from (f"oauth.{inner}" for inner in to_builtins(server.oauth))
        yield f"transport.{server.transport or 'http'}"


def _refused(agent: Agent, what: str, hint: str | None = None) -> InvalidRequest:
    return InvalidRequest(f"the agent {agent.name} does not take {what}", agent=agent.name, hint=hint)
