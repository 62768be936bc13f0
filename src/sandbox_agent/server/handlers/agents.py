"""Health and agents."""

from __future__ import annotations

from sandbox_agent.schema import api
from sandbox_agent.server.asgi import EMPTY, Request, Response, json_reply
from sandbox_agent.server.daemon import Daemon
from sandbox_agent.server.query import NoQuery

__all__ = ["health", "install", "list_agents", "models", "modes"]

_HEALTHY = json_reply(api.Health())


async def health(_daemon: Daemon, _request: Request[None, NoQuery]) -> Response:
    """We answer, so we are well."""
    return _HEALTHY


async def list_agents(daemon: Daemon, _request: Request[None, NoQuery]) -> Response:
    """All agents."""
    return json_reply(await daemon.catalog.list())


async def install(daemon: Daemon, request: Request[api.InstallRequest, NoQuery]) -> Response:
    """Install an agent's CLI."""
    await daemon.catalog.install(request.path["agent"], reinstall=request.body.reinstall or False)
    return EMPTY


async def modes(daemon: Daemon, request: Request[None, NoQuery]) -> Response:
    """The agent modes."""
    return json_reply(daemon.catalog.modes(request.path["agent"]))


async def models(daemon: Daemon, request: Request[None, NoQuery]) -> Response:
    """The models."""
    return json_reply(await daemon.catalog.models(request.path["agent"]))
