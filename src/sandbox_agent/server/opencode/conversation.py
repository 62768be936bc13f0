"""One session as OpenCode's clients know it: its notes, its fold, and the session of ours behind it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import msgspec

from sandbox_agent.runtime.backlog import Sent
from sandbox_agent.runtime.session import Session
from sandbox_agent.schema.errors import NotFound
from sandbox_agent.schema.events import DiffUpdated, TurnEnded, TurnStarted, decode_event
from sandbox_agent.server.opencode.fold import Fold, error_json
from sandbox_agent.server.opencode.ids import Ids
from sandbox_agent.server.opencode.shapes import About, Json, News, session_info

__all__ = ["Conversation", "Hearers", "Notes"]

_PAGE = 500


class Hearers(Protocol):
    """Who wants to know what happens, and what the time is."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...

    def when(self, at: int) -> int:
        """A time of an event, as clients are to see it."""
        ...

    def tell(self, conversation: Conversation, news: News) -> None:
        """Something happened in a session."""
        ...

    def forget(self, conversation: Conversation) -> None:
        """The session is gone."""
        ...


@dataclass
class Notes:
    """What no log holds."""

    title: str
    created: int
    updated: int
    parent: str | None = None
    shared: str | None = None
    permission_mode: str | None = None
    archived: int | None = None
    titled: bool = True
    """The title is the client's; else it becomes that of the first message."""


class Conversation:
    """See the module. Without a session of ours until the first message, unless the client named its agent before."""

    def __init__(self, about: About, notes: Notes, ordinal: int, hearers: Hearers) -> None:
        self.about = about
        self.notes = notes
        self.session: Session | None = None
        self.context: list[str] = []
        """What the user said without wanting an answer; goes with the next message."""
        self.busy = asyncio.Lock()
        """Held while a message is given to the session, so that its turn finds what clients call it."""
        self.beginning = asyncio.Lock()
        self._ids = Ids(ordinal)
        self._fold = Fold(about, self._ids)
        self._hearers = hearers
        self._offset = 0
        self._silent = 0
        self._waiting: dict[str, asyncio.Future[str | None]] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def fold(self) -> Fold:
        """What the log says so far; call `catch_up` before."""
        return self._fold

    def specify(self, about: About) -> None:
        """The agent and its model are known now. Only before the session begins."""
        self.about = self._fold.main.about = about
        self._fold.children.about = about

    def attach(self, session: Session, *, silently: bool = False) -> None:
        """This is the session of ours. `silently`: what is in its log already is no news."""
        self.session = session
        self._silent = session.log.last if silently else 0
        self._task = asyncio.get_running_loop().create_task(self._follow(session), name=f"opencode {self.about.id}")

    def info(self) -> Json:
        """OpenCode's `Session`."""
        notes, fold = self.notes, self._fold
        more: Json = {}
        if notes.parent is not None:
            more["parentID"] = notes.parent
        if notes.shared is not None:
            more["share"] = {"url": notes.shared}
        if fold.changes:
            added, removed = (sum(getattr(each, key) for each in fold.changes) for key in ("additions", "deletions"))
            more["summary"] = {"additions": added, "deletions": removed, "files": len(fold.changes)}
        time = {"created": notes.created, "updated": notes.updated}
        if notes.archived is not None:
            time["archived"] = notes.archived
        return session_info(self.about, title=notes.title, time=time, used=fold.used, more=more)

    def changed(self, kind: str = "session.updated") -> None:
        """Tell clients what the session is now."""
        self._hearers.tell(self, News(kind, {"sessionID": self.about.id, "info": self.info()}))

    async def catch_up(self) -> None:
        """Read what the log has."""
        async with self.busy:
            await self._read()

    def say(self, parts: list[Json], id: str | None) -> str:
        """The user says something; the id of the message. Call with `busy` held."""
        at = self._hearers.now()
        for news in self._fold.main.user(at, parts, id):
            self._hearers.tell(self, news)
        self.notes.updated = at
        return self._fold.main.last_user or ""

    def up_to(self, before: str | None) -> tuple[list[Json], str | None]:
        """The messages before one, or all that were answered, and the turn that ended last then.

        Raises `NotFound`.
        """
        messages, turns = self._fold.main.messages, self._fold.turns
        ids = [message["info"]["id"] for message in messages]
        if before is not None and before not in ids:
            raise NotFound(f"message {before}")
        stop = len(ids) if before is None else ids.index(before)
        ended = [(turn, ids.index(last) + 1) for turn, last in turns if last in ids[:stop]]
        turn, count = ended[-1] if ended else (None, 0)
        return messages[:count], turn

    def repeat(self, messages: list[Json]) -> None:
        """Begin with the messages of another session."""
        for news in self._fold.main.repeat(messages, self._hearers.now()):
            self._hearers.tell(self, news)

    def given(self, sent: Sent, user: str) -> asyncio.Future[str | None]:
        """The session has the message. The future: the id of the answer; None when the message was withdrawn."""
        self._fold.expect(sent.message_id, user)
        answered: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._waiting[user] = answered
        sent.started.add_done_callback(lambda started: self._withdrawn(user) if started.cancelled() else None)
        return answered

    async def _follow(self, session: Session) -> None:
        log = session.log
        try:
            while not log.closed:
                await self.catch_up()
                await log.wait(self._offset)
            await self.catch_up()
        finally:
            for waiting in self._waiting.values():
                waiting.cancel()
            self._hearers.forget(self)

    async def _read(self) -> None:
        log = self.session.log if self.session is not None else None
        while log is not None and self._offset < log.last:
            page, _more = log.page(self._offset, _PAGE)
            for event in msgspec.json.decode(page, type=list[msgspec.Raw]):
                self._take(bytes(event))
            await asyncio.sleep(0)

    def _take(self, line: bytes) -> None:
        event = decode_event(line)
        self._offset = event.sequence
        at = self._hearers.when(round(datetime.fromisoformat(event.time).timestamp() * 1000))
        self.notes.updated = max(self.notes.updated, at)
        for news in self._fold.take(event.data, at):
            self._tell(news)
        if isinstance(event.data, TurnStarted | TurnEnded | DiffUpdated) and event.sequence > self._silent:
            self.changed()
        if isinstance(event.data, TurnEnded):
            for user in [user for user in self._waiting if user in self._fold.answers]:
                _resolve(self._waiting.pop(user), self._fold.answers[user])

    def _tell(self, news: News) -> None:
        if self._offset > self._silent:
            self._hearers.tell(self, news)

    def _withdrawn(self, user: str) -> None:
        """The message was taken back before its turn: its answer is that it was aborted."""
        waiting = self._waiting.pop(user, None)
        if waiting is not None:
            _resolve(waiting, None)

    def aborted(self, user: str) -> Json:
        """The answer to a message that was taken back, which no list has."""
        about = self.about
        model: Json = {"modelID": about.model, "providerID": about.provider}
        now = self._hearers.now()
        info = {
            "id": self._ids.next("msg", now),
            "sessionID": about.id,
            "role": "assistant",
            "parentID": user,
            "time": {"created": now, "completed": now},
            "mode": about.agent,
            "agent": about.agent,
            "path": {"cwd": about.directory, "root": about.worktree},
            "cost": 0,
            "tokens": {"input": 0, "output": 0, "reasoning": 0, "cache": {"read": 0, "write": 0}},
            "error": error_json("The message was taken back", "MessageAbortedError"),
            **model,
        }
        return {"info": info, "parts": []}

    def with_agent(self, provider: str, model: str, agent: str, variant: str | None) -> About:
        """What the session is about, with another agent."""
        return replace(self.about, provider=provider, model=model, agent=agent, variant=variant)


def _resolve(waiting: asyncio.Future[Any], value: str | None) -> None:
    with contextlib.suppress(asyncio.InvalidStateError):
        waiting.set_result(value)
