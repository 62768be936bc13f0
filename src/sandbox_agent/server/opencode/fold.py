"""From the events of a session to what OpenCode's clients see of it. Pure: no I/O, no clock.

| event | what OpenCode's clients hear |
| --- | --- |
| turn.started | session.status busy |
| item.* of the user | message.updated, message.part.updated, unless the message came through the mount |
| item.* of the assistant | message.part.updated and message.part.delta: text, reasoning, files |
| item.* of tools | message.part.updated: pending, running, completed or error; file.edited |
| item.* of a subagent | the same in a session of its own, session.created first |
| permission.*, question.* | permission.asked, permission.replied, question.asked, question.replied, question.rejected |
| todo.updated, diff.updated | todo.updated, session.diff |
| error | session.error |
| turn.ended | message.updated, session.status idle, session.idle |

Status items, unparsed messages and items of unknown kinds have no counterpart: clients would take them for the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox_agent.schema.content import Item, StatusPart
from sandbox_agent.schema.events import (
    ChangedFile,
    DiffUpdated,
    ErrorReported,
    EventData,
    ItemCompleted,
    ItemDelta,
    ItemStarted,
    PermissionRequested,
    PermissionResolved,
    QuestionRequested,
    QuestionResolved,
    SessionEnded,
    TodoUpdated,
    TurnEnded,
    TurnStarted,
    Usage,
    UsageUpdated,
)
from sandbox_agent.server.opencode import asks, prose
from sandbox_agent.server.opencode.calls import Calls
from sandbox_agent.server.opencode.children import Children
from sandbox_agent.server.opencode.ids import Ids
from sandbox_agent.server.opencode.shapes import About, Json, News, changed
from sandbox_agent.server.opencode.thread import Part, Thread

__all__ = ["Fold", "error_json"]

_ABORTED = {"interrupted": "The turn was interrupted", "terminated": "The session was ended"}


def error_json(message: str, name: str = "UnknownError") -> Json:
    """An error of a message or a session."""
    return {"name": name, "data": {"message": message}}


@dataclass
class _Open:
    """An item that was begun."""

    thread: Thread
    kind: str
    spoken: prose.Spoken = field(default_factory=dict[str, Part])


class Fold:
    """One session. `take` is given its events in order; the attributes say what it is now."""

    def __init__(self, about: About, ids: Ids) -> None:
        self.main = Thread(about, ids)
        self.children = Children(about, ids)
        self.requests: dict[str, asks.Asked] = {}
        """What waits for an answer, by OpenCode's id."""
        self.todos: list[Json] = []
        self.changes: tuple[ChangedFile, ...] = ()
        self.used = Usage()
        """Of the session."""
        self.busy = False
        self.answers: dict[str, str] = {}
        """The assistant's message by the user's, where the turn is over."""
        self.turns: list[tuple[str | None, str]] = []
        """The turns that are over: what the session calls them, and their last message."""
        self.tool_servers: dict[str, str] = {}
        """The last word on an MCP server, where it is not well."""
        self._calls = Calls()
        self._open: dict[str, _Open] = {}
        self._named: dict[str, str] = {}
        self._user: str | None = None
        self._bound = False
        self._turn = Usage()
        self._failure: str | None = None

    def expect(self, message_id: str, user: str) -> None:
        """A message was given to the session; clients know it as `user` and have it already."""
        self._named[message_id] = user

    def take(self, data: EventData, at: int) -> Iterator[News]:
        """What clients hear of an event. `at`: when it was, in milliseconds since the epoch."""
        match data:
            case ItemDelta():
                yield from self._delta(data, at)
            case ItemStarted(item=item):
                yield from self._item(item, at, done=False)
            case ItemCompleted(item=item):
                yield from self._item(item, at, done=True)
            case TurnStarted():
                yield from self._begin(data)
            case TurnEnded():
                yield from self._end(data, at)
            case PermissionRequested() | QuestionRequested():
                yield from self._ask(data, at)
            case PermissionResolved() | QuestionResolved():
                yield from self._resolve(data)
            case SessionEnded():
                yield from self.children.end(at)
            case _:
                yield from self._rare(data)

    def _rare(self, data: EventData) -> Iterator[News]:
        session = {"sessionID": self.main.about.id}
        match data:
            case UsageUpdated():
                self._turn, self.used = data.turn, data.session
            case TodoUpdated():
                self.todos = [
                    {"id": each.id, "content": each.content, "status": each.status, "priority": "medium"}
                    for each in data.todos
                ]
                yield News("todo.updated", {**session, "todos": self.todos})
            case DiffUpdated(scope="session"):
                self.changes = data.files
                yield News("session.diff", {**session, "diff": changed(data.files)})
            case ErrorReported():
                self._failure = data.message
                yield News("session.error", {**session, "error": error_json(data.message)})
                if not self.busy:
                    yield self._status("idle")
            case _:
                pass

    # Turns

    def _begin(self, data: TurnStarted) -> Iterator[News]:
        self._user = self._named.pop(data.message_id or "", None)
        self._bound, self._turn, self._failure, self.busy = False, Usage(), None, True
        yield self._status("busy")

    def _end(self, data: TurnEnded, at: int) -> Iterator[News]:
        error = None
        if (reason := data.reason) in _ABORTED:
            error = error_json(_ABORTED[reason or ""], "MessageAbortedError")
            yield News("session.error", {"sessionID": self.main.about.id, "error": error})
        elif reason in {"error", "agent_exited"}:
            error = error_json(self._failure or "The agent's process ended")
        yield from self._calls.abandon(at)
        yield from self.children.end(at)
        yield from self.main.begin(at, self._user)  # an answer of nothing is one, too
        answer = self.main.open_message or ""
        self.turns.append((data.turn_id, answer))
        if self._user is not None:
            self.answers[self._user] = answer
        yield from self.main.end(at, self._turn, error)
        self._open.clear()
        self.busy, self._user = False, None
        yield self._status("idle")
        yield News("session.idle", {"sessionID": self.main.about.id})

    def _status(self, word: str) -> News:
        return News("session.status", {"sessionID": self.main.about.id, "status": {"type": word}})

    # Items

    def _item(self, item: Item, at: int, *, done: bool) -> Iterator[News]:
        thread = self.main
        if item.parent_id is not None and (call := self._calls.of_item(item.parent_id)) is not None:
            yield from self.children.meet(item.parent_id, call, at, asked=item.role == "user")
            thread = self.children.of(item.parent_id) or self.main
        begun = self._open.setdefault(item.item_id, _Open(thread, item.kind))
        if done:
            del self._open[item.item_id]
        match item.kind, item.role:
            case "message", "user":
                yield from self._spoken_by_user(thread, item, at, done=done)
            case "message", "system":
                pass
            case "message", _:
                yield from self._begin_answer(thread, at)
                yield from prose.said(thread, begun.spoken, item.content, at, done=done)
            case "tool_call", _:
                yield from self._begin_answer(thread, at)
                yield from self._calls.call(thread, item, at, done=done)
            case "tool_result", _:
                yield from self._result(item, at, done=done)
            case "status", _:
                self._note(item)
            case _:
                pass

    def _begin_answer(self, thread: Thread, at: int) -> Iterator[News]:
        yield from thread.begin(at, self._user if thread is self.main else None)

    def _spoken_by_user(self, thread: Thread, item: Item, at: int, *, done: bool) -> Iterator[News]:
        if not done:
            return
        if thread is self.main and self._user is not None and not self._bound:
            self._bound = True  # it is there since it was sent
            return
        yield from thread.end(at, Usage())  # said into a running turn
        yield from thread.user(at, prose.user_parts(item.content))
        if thread is self.main:
            self._user, self._bound = thread.last_user, True

    def _result(self, item: Item, at: int, *, done: bool) -> Iterator[News]:
        yield from self._calls.result(item, at, done=done)
        if done and (asking := self._calls.item_of(item)) is not None:
            yield from self.children.end(at, asking)

    def _delta(self, data: ItemDelta, at: int) -> Iterator[News]:
        begun = self._open.get(data.item_id)
        if begun is None:
            return
        if begun.kind == "message":
            yield from self._begin_answer(begun.thread, at)
            yield from prose.grow(begun.thread, begun.spoken, data.delta, at)
        else:
            yield from self._calls.grow(data.item_id, data.delta, at)

    def _note(self, item: Item) -> None:
        for part in item.content:
            if isinstance(part, StatusPart) and part.label.startswith("mcp.") and part.detail:
                self.tool_servers[part.detail.partition(":")[0]] = part.label.removeprefix("mcp.")

    # Requests

    def _ask(self, data: PermissionRequested | QuestionRequested, at: int) -> Iterator[News]:
        is_permission = isinstance(data, PermissionRequested)
        id = self.main.request_id("per" if is_permission else "que", at)
        asking = self._calls.place_of(asks.item_of(data))
        self.requests[id] = request = asks.asked(data, id, self.main.about.id, asking)
        yield News("permission.asked" if is_permission else "question.asked", request.json)

    def _resolve(self, data: PermissionResolved | QuestionResolved) -> Iterator[News]:
        native = data.permission_id if isinstance(data, PermissionResolved) else data.question_id
        is_permission = isinstance(data, PermissionResolved)
        for id, each in list(self.requests.items()):
            if each.is_permission is is_permission and asks.native_id(each.request) == native:
                del self.requests[id]
                yield asks.resolved(data, id, self.main.about.id)
