"""The endpoints of agents."""

from __future__ import annotations

from sandbox_agent.schema import api
from sandbox_agent.schema.errors import AgentNotInstalled, InstallFailed, UnsupportedAgent
from sandbox_agent.server.endpoint import NONE, Endpoint, Errors, endpoint
from sandbox_agent.server.handlers import agents
from sandbox_agent.server.query import NoQuery

__all__ = ["AGENT_ENDPOINTS"]

_AGENT: Errors = (UnsupportedAgent,)
_ONE = "/v1/agents/{agent}"

AGENT_ENDPOINTS: tuple[Endpoint, ...] = (
    endpoint(
        "list_agents",
        "GET /v1/agents",
        "The agents, what they can do and whether they are installed",
        agents.list_agents,
        body=NONE,
        query=NoQuery,
        answer=api.AgentList,
    ),
    endpoint(
        "install_agent",
        f"POST {_ONE}/install",
        "Install an agent's CLI",
        agents.install,
        body=api.InstallRequest,
        body_optional=True,
        query=NoQuery,
        errors=(*_AGENT, AgentNotInstalled, InstallFailed),
    ),
    endpoint(
        "install_agent_stream",
        f"POST {_ONE}/install/stream",
        "Install an agent's CLI and follow how far it is; given up when everybody who follows has left",
        agents.install_stream,
        body=api.InstallRequest,
        body_optional=True,
        query=NoQuery,
        answer="progress",
        errors=_AGENT,
    ),
    endpoint(
        "agent_modes",
        f"GET {_ONE}/modes",
        "The modes an agent can work in",
        agents.modes,
        body=NONE,
        query=NoQuery,
        answer=api.ModeList,
        errors=_AGENT,
    ),
    endpoint(
        "agent_models",
        f"GET {_ONE}/models",
        "The models an agent offers, with their effort levels",
        agents.models,
        body=NONE,
        query=NoQuery,
        answer=api.ModelList,
        errors=_AGENT,
    ),
)
