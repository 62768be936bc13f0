"""Agents."""

from __future__ import annotations

import msgspec

from sandbox_agent.runtime.bugs import print_bug
from sandbox_agent.runtime.install import Found
from sandbox_agent.runtime.install.job import Step
from sandbox_agent.schema import api
from sandbox_agent.schema.errors import ApiError, InternalError
from sandbox_agent.server.asgi import EMPTY, Request, Response, json_reply
from sandbox_agent.server.daemon import Daemon
from sandbox_agent.server.progress import Progress, Report
from sandbox_agent.server.query import NoQuery

__all__ = ["install", "install_stream", "list_agents", "models", "modes"]


async def list_agents(daemon: Daemon, _request: Request[None, NoQuery]) -> Response:
    """All agents."""
    listed = await daemon.catalog.list()
    return json_reply(api.AgentList(agents=tuple(_with_status(daemon, each) for each in listed.agents)))


async def install(daemon: Daemon, request: Request[api.InstallRequest, NoQuery]) -> Response:
    """Install an agent's CLI."""
    await daemon.catalog.install(request.path["agent"], reinstall=request.body.reinstall or False)
    return EMPTY


async def install_stream(daemon: Daemon, request: Request[api.InstallRequest, NoQuery]) -> Response:
    """The same, and say how far it is; given up when the client leaves and nobody else waits."""
    name, reinstall = daemon.catalog.agent(request.path["agent"]).name, request.body.reinstall or False

    async def work(report: Report) -> api.InstallProgress:
        try:
            found = await daemon.catalog.install(name, reinstall=reinstall, hear=lambda step: report(_progress(step)))
        except ApiError as error:
            return api.InstallProgress(state="failed", problem=error.problem())
        except Exception as error:  # noqa: BLE001 - as everywhere: its client must hear of it
            print_bug(error)
            return api.InstallProgress(state="failed", problem=InternalError("a bug in the server").problem())
        return _done(found)

    return Progress(work, keep_alive=daemon.keep_alive)


async def modes(daemon: Daemon, request: Request[None, NoQuery]) -> Response:
    """The agent modes."""
    return json_reply(daemon.catalog.modes(request.path["agent"]))


async def models(daemon: Daemon, request: Request[None, NoQuery]) -> Response:
    """The models."""
    return json_reply(await daemon.catalog.models(request.path["agent"]))


def _with_status(daemon: Daemon, info: api.AgentInfo) -> api.AgentInfo:
    if not info.capabilities.shared_process:
        return info
    return msgspec.structs.replace(info, server_status=daemon.sessions.server_status(info.id))


def _progress(step: Step) -> api.InstallProgress:
    size = step.size if step.doing == "downloading" else None
    return api.InstallProgress(state=step.doing, what=step.what, bytes=size)


def _done(found: Found | None) -> api.InstallProgress:
    if found is None:
        return api.InstallProgress(state="done", what="it needs no installation")
    return api.InstallProgress(state="done", version=found.version, path=str(found.path))
