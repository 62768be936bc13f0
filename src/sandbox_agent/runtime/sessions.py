"""All sessions of the daemon."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sandbox_agent.adapter import Agent, Fork, SessionOptions, Skill
from sandbox_agent.runtime.catalog import Catalog
from sandbox_agent.runtime.configuration import check_configuration, check_fork, forked
from sandbox_agent.runtime.credentials import injected
from sandbox_agent.runtime.directory import working_directory
from sandbox_agent.runtime.private import PrivateFolders, remove_folder
from sandbox_agent.runtime.session import Session
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.runtime.shared import SharedServers
from sandbox_agent.runtime.skills import Shelf
from sandbox_agent.runtime.views import info_of
from sandbox_agent.schema import api
from sandbox_agent.schema.errors import (
    InvalidRequest,
    ModeNotSupported,
    SessionAlreadyExists,
    SessionNotFound,
)

__all__ = ["PERMISSION_MODES", "Sessions"]

PERMISSION_MODES = ("default", "plan", "bypass", "acceptEdits")
PICTURE_PATIENCE = 0.5
"""Seconds a new session waits for the picture of its folder; its first message waits for the rest."""
_BUILD_WORDS = ("default", "code")
"""Agent modes of old examples that mean the agent's first mode."""


class Sessions:
    """Creates, finds and ends sessions."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self.settings = self._settings = settings
        self._catalog = catalog
        self._servers = SharedServers(settings)
        self._executables: defaultdict[str, set[str]] = defaultdict(set)
        self._sessions: dict[str, Session] = {}
        self._private = PrivateFolders(settings.data_dir)
        self._shelf = Shelf(settings)
        self._creating: set[str] = set()
        self._closing = False
        self.closed = asyncio.Event()
        """Set when all have ended, at the daemon's stop."""
        self._watchers: list[Callable[[Session], object]] = []
        self._forgotten = 0

    @property
    def all(self) -> tuple[Session, ...]:
        """Every session, oldest first."""
        return tuple(self._sessions.values())

    @property
    def event_count(self) -> int:
        """Events of all sessions since the daemon began, of deleted ones too."""
        return self._forgotten + sum(session.log.last for session in self._sessions.values())

    async def create(self, session_id: str, request: api.CreateSessionRequest) -> api.CreateSessionResponse:
        """Create a session under an id of the client's choice; installs the agent when it is missing.

        Raises `UnsupportedAgent`, `SessionAlreadyExists`, `InvalidRequest`, `PermissionDenied`, `ModeNotSupported`,
        `AgentNotInstalled`, `InstallFailed`, and `StreamError` for skills that cannot be fetched. Of two creates of one
        id at the same time, one succeeds.
        """
        return await self._create(session_id, request)

    async def fork(self, session_id: str, request: api.ForkRequest) -> api.CreateSessionResponse:
        """Create a session that begins with the conversation of another, up to the end of a turn.

        Raises `SessionNotFound`, `InvalidRequest` for an agent that cannot and for a turn that has not ended, and what
        `create` raises.
        """
        origin = self.get(session_id)
        check_fork(origin.agent, session_id, origin.wish)
        fork = origin.forks.after(request.turn_id)
        return await self._create(request.new_session_id, forked(origin.wish, request), fork, session_id)

    async def _create(
        self,
        session_id: str,
        request: api.CreateSessionRequest,
        fork: Fork | None = None,
        forked_from: str | None = None,
    ) -> api.CreateSessionResponse:
        agent = self._catalog.agent(request.agent)
        if session_id in self._sessions or session_id in self._creating:
            raise SessionAlreadyExists(session_id, session_id=session_id)
        self._creating.add(session_id)
        try:
            options = await self._options(agent, session_id, request)
            skills = await self._skills(options, request)
            options = replace(options, skills=skills, fork=fork, forked_from=forked_from)
            if self._closing:
                raise InvalidRequest("the server is stopping")
            self._executables[agent.name].add(options.executable)
            session = Session(agent, options, self._settings, servers=self._servers, wish=request)
            self._sessions[session_id] = session
            for watcher in self._watchers:
                watcher(session)
        finally:
            self._creating.discard(session_id)
        await session.changes.begin(PICTURE_PATIENCE)
        return api.CreateSessionResponse(healthy=True, native_session_id=session.native_session_id)

    def get(self, session_id: str) -> Session:
        """The session of an id. Raises `SessionNotFound`."""
        session = self._sessions.get(session_id)
        if session is None:
            raise SessionNotFound(session_id, session_id=session_id)
        return session

    def watch(self, watcher: Callable[[Session], object]) -> None:
        """Tell `watcher` of every session that is created from now on."""
        self._watchers.append(watcher)

    def list(self) -> api.SessionList:
        """All sessions, newest first."""
        return api.SessionList(sessions=tuple(info_of(each) for each in reversed(self._sessions.values())))

    def server_status(self, agent: str) -> api.ServerStatus:
        """How the shared servers of an agent are."""
        return self._servers.status(self._executables[agent])

    async def delete(self, session_id: str) -> None:
        """End a session and forget it. Raises `SessionNotFound`."""
        session = self.get(session_id)
        await session.terminate()
        session.log.close()
        if self._sessions.get(session_id) is session:  # else somebody else has deleted it, and it may be there anew
            del self._sessions[session_id]
            self._forgotten += session.log.last
        session.changes.close()

    async def close(self) -> None:
        """End all sessions, at the same time. For the daemon's stop: nothing can be created afterwards."""
        self._closing = True
        await asyncio.gather(*(session.terminate() for session in self._sessions.values()), return_exceptions=True)
        for session in self._sessions.values():
            session.log.close()
            session.changes.close()
        self.closed.set()
        await asyncio.to_thread(self._private.close)

    async def _options(self, agent: Agent, session_id: str, request: api.CreateSessionRequest) -> SessionOptions:
        directory = await asyncio.to_thread(self._directory, request.directory)
        agent_mode = _agent_mode(agent, request.agent_mode)
        permission_mode = _permission_mode(agent, request.permission_mode)
        check_configuration(agent, request)
        environ = self._settings.environ
        return SessionOptions(
            session_id=session_id,
            agent_mode=agent_mode,
            permission_mode=permission_mode,
            model=request.model,
            variant=request.variant,
            directory=directory,
            executable=await self._catalog.executable(agent.name, request.agent_version),
            environ={**environ, **await asyncio.to_thread(injected, agent, environ)},
            superuser=hasattr(os, "geteuid") and os.geteuid() == 0,
            private_dir=str(await asyncio.to_thread(self._private.take)),
            common_dir=str(await asyncio.to_thread(self._private.common)),
            instructions=request.instructions,
            hooks=request.hooks or {},
            mcp=request.mcp or {},
            resume=request.resume,
        )

    async def _skills(self, options: SessionOptions, request: api.CreateSessionRequest) -> tuple[Skill, ...]:
        sources = request.skills.sources if request.skills is not None else ()
        if not sources:
            return ()
        folder = Path(options.private_dir, "skills")
        try:
            return await self._shelf.take(sources, options.directory, folder)
        except BaseException:
            await asyncio.to_thread(remove_folder, options.private_dir)
            raise

    def _directory(self, named: str | None) -> str:
        return working_directory(self._settings.directory, named, self._settings.fs_root)


def _agent_mode(agent: Agent, named: str | None) -> str:
    known = [mode.id for mode in agent.modes]
    if named is None or (named in _BUILD_WORDS and named not in known):
        return known[0] if known else "build"
    if known and named not in known and not agent.own_modes:
        hint = f"{agent.name} has the modes {', '.join(known)}"
        raise ModeNotSupported(f"{agent.name} {named}", agent=agent.name, details={"mode": named}, hint=hint)
    return named


def _permission_mode(agent: Agent, named: str | None) -> str:
    word = named or "default"
    if word not in PERMISSION_MODES:
        hint = f"one of {', '.join(PERMISSION_MODES)}"
        raise InvalidRequest(f"invalid permission mode: {word}", agent=agent.name, hint=hint)
    if word not in agent.permission_modes:
        raise ModeNotSupported(f"{agent.name} {word}", agent=agent.name, details={"mode": word})
    return agent.permission_modes[word]
