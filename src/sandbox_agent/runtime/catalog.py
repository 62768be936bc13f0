"""Which agents there are, which of them are installed, and what they offer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from sandbox_agent.adapter import Agent, ModelProbe
from sandbox_agent.runtime.credentials import providers_with_credentials
from sandbox_agent.runtime.flight import Flights
from sandbox_agent.runtime.install import Found, Installer, ask_version
from sandbox_agent.runtime.install.failures import Failure, TooSlow
from sandbox_agent.runtime.installs import Hear, Installs
from sandbox_agent.runtime.models import ask_models
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema import api
from sandbox_agent.schema.errors import AgentNotInstalled, UnsupportedAgent

__all__ = ["Catalog"]

_FIRST = ("claude", "codex", "opencode", "amp")
_LAST = "mock"
_BUILT_IN = "builtin"
"""Version of an agent that is part of the daemon, as the 0.1.x server says it."""

_Identity: TypeAlias = tuple[str, int, int]
"""Path, time of change, size: the same executable as before."""


class Catalog:
    """The agents this daemon can drive. Everything that touches a disk or a process happens in threads."""

    def __init__(self, settings: Settings, agents: Mapping[str, Agent]) -> None:
        self._settings = settings
        self._agents = {name: agents[name] for name in sorted(agents, key=_order)}
        self._installer = Installer(settings)
        self.installs = Installs(self._installer)
        self._models: dict[_Identity, api.ModelList] = {}
        self._asking: Flights[api.ModelList | None] = Flights()
        self._versions: dict[_Identity, str | None] = {}
        self._probing = {name: threading.Lock() for name in self._agents}

    def agent(self, name: str) -> Agent:
        """The agent of that name. Raises `UnsupportedAgent`."""
        try:
            return self._agents[name]
        except KeyError:
            hint = f"There are: {', '.join(self._agents)}."
            raise UnsupportedAgent(name, agent=name, hint=hint) from None

    async def list(self) -> api.AgentList:
        """All agents as they are on this machine now."""
        return api.AgentList(agents=await self.infos(self._agents))

    async def infos(self, names: Iterable[str]) -> tuple[api.AgentInfo, ...]:
        """Some of them, in that order. Raises `UnsupportedAgent`."""
        agents = [self.agent(name) for name in names]
        providers = await asyncio.to_thread(providers_with_credentials, self._settings.environ)
        return tuple(await asyncio.gather(*(asyncio.to_thread(self._info, agent, providers) for agent in agents)))

    def modes(self, name: str) -> api.ModeList:
        """The modes of an agent. Raises `UnsupportedAgent`."""
        return api.ModeList(modes=self.agent(name).modes)

    async def models(self, name: str) -> api.ModelList:
        """The models of an agent, asked of its CLI once for each executable; a fixed list when it does not answer."""
        agent = self.agent(name)
        probe = agent.models
        if not isinstance(probe, ModelProbe):
            return probe
        found = await asyncio.to_thread(self._find, agent)
        identity = await asyncio.to_thread(_identity, found.path) if found else None
        if found is None or identity is None:
            return probe.fallback
        if identity not in self._models:
            executable = str(found.path)
            models = await self._asking.join(identity, lambda: ask_models(agent, probe, executable, self._settings))
            if models is None:
                return probe.fallback
            self._models[identity] = models
        return self._models[identity]

    async def executable(self, name: str, version: str | None = None) -> str:
        """Path of the agent's CLI, which is installed first if it is not there; empty for an agent without one.

        Raises `UnsupportedAgent`, `InstallFailed`, and `AgentNotInstalled` when the environment names a wrong path.
        """
        agent = self.agent(name)
        if agent.install is None:
            return ""
        found = await asyncio.to_thread(self._installer.find, agent, version)
        if found is not None:
            return str(found.path)
        installed = await self.installs.install(agent, version=version, reinstall=False)
        return str(installed.path)

    async def install(self, name: str, *, reinstall: bool = False, hear: Hear = lambda _step: None) -> Found | None:
        """Install the pinned version unless the agent is there; None for one that needs none.

        `hear` is told how far it is. Raises like `executable`.
        """
        agent = self.agent(name)
        if agent.install is None:
            return None
        found = None if reinstall else await asyncio.to_thread(self._installer.find, agent)
        if found is not None:
            return found
        installed = await self.installs.install(agent, version=None, reinstall=reinstall, hear=hear)
        return Found(installed.path, installed.version)

    # In threads

    def _info(self, agent: Agent, providers: frozenset[str]) -> api.AgentInfo:
        found = self._find(agent)
        return api.AgentInfo(
            id=agent.name,
            installed=found is not None or agent.install is None,
            credentials_available=not agent.credentials or not providers.isdisjoint(agent.credentials),
            capabilities=agent.capabilities,
            version=self._version(agent, found) if found else _BUILT_IN if agent.install is None else None,
            path=str(found.path) if found else None,
        )

    def _find(self, agent: Agent) -> Found | None:
        if agent.install is None:
            return None
        try:
            return self._installer.find(agent)
        except AgentNotInstalled:
            return None

    def _version(self, agent: Agent, found: Found) -> str | None:
        # What we installed was asked then, and its folder says it. A link of ours may lead to something newer.
        if agent.install is None or (found.version and not found.path.is_symlink()):
            return found.version
        identity = _identity(found.path)
        if identity is None:
            return None
        with self._probing[agent.name]:
            if identity not in self._versions:
                try:
                    args, environ = agent.install.version_args, self._settings.environ
                    self._versions[identity] = ask_version(found.path, args, environ=environ)
                except TooSlow:
                    return None
                except (Failure, OSError):
                    self._versions[identity] = None
            return self._versions[identity]


def _order(name: str) -> tuple[int, str]:
    if name in _FIRST:
        return _FIRST.index(name), name
    return (len(_FIRST) + (name == _LAST), name)


def _identity(path: Path) -> _Identity | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return str(path), stat.st_mtime_ns, stat.st_size
