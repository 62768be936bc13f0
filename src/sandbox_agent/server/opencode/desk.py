"""Everything that OpenCode's clients see of the daemon, in one place."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from sandbox_agent.runtime.directory import working_directory
from sandbox_agent.runtime.session import Session
from sandbox_agent.schema import api
from sandbox_agent.schema.errors import InvalidRequest, NotFound
from sandbox_agent.server.asgi import Request
from sandbox_agent.server.daemon import Daemon
from sandbox_agent.server.opencode.asks import Asked
from sandbox_agent.server.opencode.bodies import Query
from sandbox_agent.server.opencode.children import Child
from sandbox_agent.server.opencode.conversation import Conversation, Notes
from sandbox_agent.server.opencode.feed import Feed
from sandbox_agent.server.opencode.models import DEFAULT, Wanted, shown
from sandbox_agent.server.opencode.places import Surroundings, branch_of, worktree_of
from sandbox_agent.server.opencode.shapes import About, Json, News

__all__ = ["Desk"]

_PREFIX = "ses"
_MODE = "build"
"""What clients call the first mode of any agent."""


class Desk:
    """One for a daemon, however many paths it is mounted at. Sessions that others create are seen here too."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.around = Surroundings.of(daemon.sessions.settings, lambda: round(time.time() * 1000))
        self.feed = Feed()
        self.tool_servers: dict[str, api.McpServer] = {}
        """Added by clients, for sessions that begin from now on."""
        self.terminals: dict[str, Json] = {}
        self.config: Json = {}
        """What clients have changed of it."""
        self._conversations: dict[str, Conversation] = {}
        self._numbers = 0
        self._ordinals = 0
        for session in daemon.sessions.all:
            self._adopt(session, silently=True)
        daemon.sessions.watch(self._born)

    @property
    def conversations(self) -> tuple[Conversation, ...]:
        """All sessions, oldest first."""
        return tuple(self._conversations.values())

    # See `Hearers`

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return self.around.clock()

    def when(self, at: int) -> int:
        """A time of an event; the same always where time stands still."""
        return self.around.clock() if self.around.frozen else at

    def tell(self, conversation: Conversation, news: News) -> None:
        """Something happened in a session."""
        self.feed.add(news, conversation.about.directory, conversation.about.project)

    def forget(self, conversation: Conversation) -> None:
        """The session is gone. When the daemon stops all logs are closed, but nobody has deleted anything."""
        gone = self._conversations.pop(conversation.about.id, None)
        if gone is not None and not self.daemon.sessions.closed.is_set():
            conversation.changed("session.deleted")

    # Finding

    def find(self, id: str) -> Conversation:
        """A session by OpenCode's id. Raises `NotFound`, and `InvalidRequest` for that of a subagent."""
        found = self._conversations.get(id)
        if found is None:
            self.child(id)
            raise InvalidRequest(f"{id} is a subagent: it takes no orders", hint="speak to its parent")
        return found

    def child(self, id: str) -> tuple[Conversation, Child]:
        """A subagent by its session's id. Raises `NotFound`."""
        for conversation in self._conversations.values():
            for child in conversation.fold.children.all:
                if child.thread.about.id == id:
                    return conversation, child
        raise NotFound(f"session {id}")

    def is_main(self, id: str) -> bool:
        """Whether the id is that of a session, and not of a subagent."""
        return id in self._conversations

    def asked(self, id: str, *, permission: bool) -> tuple[Conversation, Asked]:
        """A request that waits, by OpenCode's id or by ours. Raises `NotFound`."""
        for conversation in self._conversations.values():
            for key, each in conversation.fold.requests.items():
                native = getattr(each.request, "permission_id" if permission else "question_id", None)
                if each.is_permission is permission and id in (key, native):
                    return conversation, each
        raise NotFound(f"{'permission' if permission else 'question'} {id}")

    async def directory(self, request: Request[Any, Query]) -> str:
        """Where a request works, an existing folder. Raises `InvalidRequest` and `PermissionDenied`."""
        settings = self.daemon.sessions.settings
        named = self.around.named(request.query.directory, request.headers)
        found: str = await asyncio.to_thread(working_directory, settings.directory, named, settings.fs_root)
        return found

    @property
    def _fs_root(self) -> Path | None:
        return self.daemon.sessions.settings.fs_root

    async def branch(self, directory: str) -> str | None:
        """The branch that is checked out around a directory."""
        named, worktree = self.around.override("BRANCH"), await self.worktree(directory)
        return named if named is not None else await asyncio.to_thread(branch_of, worktree, self._fs_root)

    async def worktree(self, directory: str) -> str:
        """The git tree around a directory."""
        named = self.around.override("WORKTREE")
        return named if named is not None else await asyncio.to_thread(worktree_of, directory, self._fs_root)

    # Making

    async def create(self, directory: str, notes: Notes, wish: Wanted | None, mode: str | None) -> Conversation:
        """A new session; ours behind it begins now when the client knows which agent it wants, else later."""
        model = wish or DEFAULT
        about = About(
            id=self._free_id(),
            provider=model.provider,
            model=model.model,
            agent=mode or _MODE,
            variant=model.variant,
            directory=directory,
            worktree=await self.worktree(directory),
            project="global",
        )
        conversation = self._conversations[about.id] = Conversation(about, notes, self._ordinal(), self)
        if wish is not None:
            try:
                await self.begin(conversation, wish, mode)
            except BaseException:
                self._conversations.pop(about.id, None)
                raise
        conversation.changed("session.created")
        return conversation

    async def fork(self, origin: Conversation, before: str | None) -> Conversation:
        """A session that begins with the conversation of another, up to a message, or all of it.

        Raises `NotFound` for the message, and like `Sessions.fork`.
        """
        await origin.catch_up()
        messages, turn = origin.up_to(before)
        about, title = origin.about, f"{origin.notes.title} (fork)"
        if origin.session is not None and turn is not None:
            id = self._free_id()
            request = api.ForkRequest(new_session_id=id, turn_id=turn, title=title)
            await self.daemon.sessions.fork(origin.session.options.session_id, request)
            conversation = self.find(id)
        else:
            now, wish = self.now(), Wanted(about.provider, about.model, about.variant)
            notes = Notes(title, now, now, permission_mode=origin.notes.permission_mode)
            conversation = await self.create(about.directory, notes, wish if origin.session else None, about.agent)
        conversation.repeat(messages)
        return conversation

    async def begin(
        self, conversation: Conversation, wish: Wanted | None, mode: str | None, instructions: str | None = None
    ) -> Session:
        """The session of ours behind one of theirs, begun when it is not there.

        Raises `InvalidRequest` when it runs another agent, model or mode than is wished for, and like
        `Sessions.create`.
        """
        async with conversation.beginning:
            if conversation.session is None:
                await self._begin(conversation, wish, mode, instructions)
            else:
                self._same(conversation.about, wish, mode)
        if conversation.session is None:
            raise NotFound(f"session {conversation.about.id}")
        return conversation.session

    async def remove(self, conversation: Conversation) -> None:
        """End a session and forget it."""
        if conversation.session is not None:
            await self.daemon.sessions.delete(conversation.session.options.session_id)
        self.forget(conversation)

    async def _begin(
        self, conversation: Conversation, wish: Wanted | None, mode: str | None, instructions: str | None
    ) -> None:
        about, notes = conversation.about, conversation.notes
        model = wish or Wanted(about.provider, about.model, about.variant)
        agent = self.daemon.catalog.agent(model.agent)
        request = api.CreateSessionRequest(
            agent=agent.name,
            agent_mode=None if (mode or about.agent) == _MODE else mode or about.agent,
            permission_mode=notes.permission_mode,
            model=model.agent_model,
            variant=model.variant,
            directory=about.directory,
            title=notes.title,
            mcp=dict(self.tool_servers) or None,
            instructions=instructions if agent.takes.instructions else None,
        )
        conversation.specify(conversation.with_agent(model.provider, model.model, mode or about.agent, model.variant))
        try:
            await self.daemon.sessions.create(about.id, request)
        except BaseException:
            if conversation.session is None:
                conversation.specify(about)
            raise

    @staticmethod
    def _same(about: About, wish: Wanted | None, mode: str | None) -> None:
        if wish is not None and (wish.provider, wish.model) != (about.provider, about.model):
            has = f"{about.provider}/{about.model}"
            raise InvalidRequest(f"the session runs {has}, not {wish.provider}/{wish.model}", hint="begin a new one")
        if mode is not None and mode != about.agent:
            raise InvalidRequest(f"the session runs in the mode {about.agent}, not {mode}", hint="begin a new one")

    def _born(self, session: Session) -> None:
        conversation = self._conversations.get(session.options.session_id)
        if conversation is not None and conversation.session is None:
            conversation.attach(session)
        else:
            self._adopt(session, silently=False).changed("session.created")

    def _adopt(self, session: Session, *, silently: bool) -> Conversation:
        """A session that came another way."""
        options, (created, updated) = session.options, session.times
        id = options.session_id
        model = shown(session.agent.name, options.model)
        first = next(iter(session.agent.modes), None)
        about = About(
            id=id if id.startswith(_PREFIX) else f"{_PREFIX}_{id}",
            provider=model.provider,
            model=model.model,
            agent=_MODE if first is not None and options.agent_mode == first.id else options.agent_mode,
            variant=options.variant,
            directory=options.directory,
            worktree=self.around.override("WORKTREE") or worktree_of(options.directory, self._fs_root),
            project="global",
        )
        title = session.wish.title
        notes = Notes(title or id, self.when(created), self.when(updated), titled=title is not None)
        conversation = self._conversations[about.id] = Conversation(about, notes, self._ordinal(), self)
        conversation.attach(session, silently=silently)
        return conversation

    def _ordinal(self) -> int:
        self._ordinals += 1
        return self._ordinals

    def _free_id(self) -> str:
        taken = {session.options.session_id for session in self.daemon.sessions.all} | self._conversations.keys()
        while True:
            self._numbers += 1
            if (id := f"{_PREFIX}_{self._numbers}") not in taken:
                return id
