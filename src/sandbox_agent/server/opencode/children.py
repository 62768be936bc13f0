"""Subagents: what items with a parent say and do, as sessions of their own, the way OpenCode shows them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sandbox_agent.schema.events import Usage
from sandbox_agent.server.opencode import tools
from sandbox_agent.server.opencode.calls import ToolCall
from sandbox_agent.server.opencode.ids import Ids
from sandbox_agent.server.opencode.shapes import About, Json, News, session_info
from sandbox_agent.server.opencode.thread import Thread

__all__ = ["Child", "Children"]


class Child:
    """The session of one subagent."""

    def __init__(self, thread: Thread, title: str, parent: str, at: int) -> None:
        self.thread = thread
        self.busy = True
        self._title = title
        self._parent = parent
        self._time = {"created": at, "updated": at}

    def info(self) -> Json:
        """OpenCode's `Session`."""
        about, more = self.thread.about, {"parentID": self._parent}
        return session_info(about, title=self._title, time=self._time, used=Usage(), more=more)

    def go_on(self) -> Iterator[News]:
        """It says something, after its answer too."""
        if not self.busy:
            self.busy = True
            yield News("session.status", {"sessionID": self.thread.about.id, "status": {"type": "busy"}})

    def end(self, at: int) -> Iterator[News]:
        """The subagent has answered."""
        if not self.busy:
            return
        self.busy = False
        self._time["updated"] = at
        yield from self.thread.end(at, Usage())
        session = {"sessionID": self.thread.about.id}
        yield News("session.status", {**session, "status": {"type": "idle"}})
        yield News("session.idle", session)


class Children:
    """The subagents of a session, by the item of the call that started them."""

    def __init__(self, about: About, ids: Ids) -> None:
        self.about = about
        self._ids = ids
        self._by_item: dict[str, Child] = {}

    @property
    def all(self) -> tuple[Child, ...]:
        """Oldest first."""
        return tuple(self._by_item.values())

    def of(self, item_id: str) -> Thread | None:
        """What the subagent says that a call started."""
        child = self._by_item.get(item_id)
        return None if child is None else child.thread

    def meet(self, item_id: str, call: ToolCall, at: int, *, asked: bool) -> Iterator[News]:
        """A subagent says something, perhaps for the first time; `asked`: that is the words it was given."""
        known = self._by_item.get(item_id)
        if known is not None:
            yield from known.go_on()
            return
        parent = call.thread.about.id
        about = replace(self.about, id=f"{self.about.id}_{len(self._by_item) + 1}")
        input: Json = call.state.get("input", {})
        child = self._by_item[item_id] = Child(Thread(about, self._ids), tools.title(input) or "Subagent", parent, at)
        session = {"sessionID": about.id}
        yield News("session.created", {**session, "info": child.info()})
        if call.state["status"] == "running":
            metadata = {**call.state["metadata"], "sessionId": about.id}
            yield call.become({**call.state, "metadata": metadata}, at)
        yield News("session.status", {**session, "status": {"type": "busy"}})
        if not asked:
            words = str(input.get("prompt") or input.get("description") or "")
            yield from child.thread.user(at, [{"type": "text", "text": words}])

    def end(self, at: int, item_id: str | None = None) -> Iterator[News]:
        """The subagent of a call has answered; without one, the turn of all of them is over."""
        for key, child in self._by_item.items():
            if item_id in (None, key):
                yield from child.end(at)
