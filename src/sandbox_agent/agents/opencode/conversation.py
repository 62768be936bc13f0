"""Whose messages are whose: the user's, the agent's, its subagents'; and what their parts mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sandbox_agent.adapter import Output, Synthetic
from sandbox_agent.adapter.http import Reply
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.values import as_dict, as_list
from sandbox_agent.agents.opencode.native import Info, Part, PartDelta, read
from sandbox_agent.agents.opencode.news import status, unparsed
from sandbox_agent.agents.opencode.prose import Prose
from sandbox_agent.agents.opencode.tools import Tools
from sandbox_agent.agents.opencode.usage import Meter
from sandbox_agent.schema.commands import SendMessage
from sandbox_agent.schema.content import ContentPart, FileRefPart, ImagePart, TextPart

__all__ = ["Conversation", "Told"]

_SILENT = frozenset({"agent", "snapshot", "step-start", "subtask"})


class Told(NamedTuple):
    """A message with its parts, as the server lists it."""

    info: Info
    parts: tuple[Part, ...]


class Conversation:
    """The messages of one session and of the subagents below it."""

    def __init__(self, items: Items, tools: Tools) -> None:
        self._items = items
        self._tools = tools
        self._prose = Prose(items)
        self.meter = Meter()
        self.children: dict[str, str] = {}
        """Conversations of subagents, with the conversation of each one's parent."""
        self._roles: dict[str, str] = {}
        self._expected = 0
        """Messages of the user that were sent and not yet seen."""
        self._own: set[str] = set()
        """Messages of the user that we sent: their items were made when they were sent."""
        self._mine: str | None = None
        """The newest of them."""
        self._speaking: set[str] = set()
        self._busy: set[str] = set()
        self._copies: set[str] = set()
        """Messages of the conversation that this one is a fork of."""
        self.newest = ""
        """The last message; ids grow with time."""
        self.spoke = False
        """Whether the agent has begun a message in this turn."""

    @property
    def speaking(self) -> bool:
        """Whether a message of the agent is unfinished."""
        return bool(self._speaking)

    @property
    def last_text(self) -> str:
        """What the agent said last."""
        return self._prose.last_text

    @property
    def busy_children(self) -> list[str]:
        """Conversations of subagents that are at work."""
        return sorted(self._busy & self.children.keys())

    def expect(self) -> None:
        """A message was sent."""
        self._expected += 1

    def user_item(self, message: SendMessage) -> Output:
        """What the user says."""
        parts: list[ContentPart] = [TextPart(text=message.text)]
        for file in message.files:
            is_image = file.mime.startswith("image/")
            parts.append(
                ImagePart(path=file.path, mime=file.mime) if is_image else FileRefPart(path=file.path, action="read")
            )
        return Synthetic(data=self._items.complete(f"user_{message.message_id}", "message", "user", parts))

    def copied(self, reply: Reply) -> None:
        """What was said before, in the conversation that this one is a fork of."""
        told = (_told(as_dict(entry)) for entry in as_list(reply.body))
        self._copies = {each.info.id for each in told if each is not None}

    def rest(self, *, well: bool) -> None:
        """The turn is over. After one that ended well, a message that was to steer it may still come."""
        self._expected = self._expected if well else 0
        self._speaking.clear()
        self._busy.clear()
        self._prose.forget()
        self.spoke = False

    def break_off(self) -> list[str]:
        """What is said now will not be said to its end. The conversations of subagents that are at work."""
        self._prose.broken_off = True
        return self.busy_children

    def tear(self) -> None:
        """Nobody listened for a while."""
        self._prose.tear()

    def child(self, native_id: str, parent: str) -> None:
        """A subagent begins."""
        self.children[native_id] = parent

    def busy(self, native_id: str, *, busy: bool) -> None:
        """A conversation works or rests."""
        if busy:
            self._busy.add(native_id)
        else:
            self._busy.discard(native_id)

    def parent_of(self, native_id: str) -> str | None:
        """The part of the call whose subagent a conversation is; None for the session's own."""
        return self._tools.children.get(native_id) if native_id in self.children else None

    # Messages

    def message(self, info: Info) -> bool:
        """A message as it is now; True when it is one that we sent, seen for the first time."""
        if info.id in self._copies:
            return False
        known = info.id in self._roles
        self._roles[info.id] = info.role
        if info.session_id in self.children:
            return False
        self.newest = max(self.newest, info.id)
        if info.role == "assistant":
            self.spoke = True
            if info.over:
                self._speaking.discard(info.id)
            else:
                self._speaking.add(info.id)
        elif not known and self._expected:
            self._expected -= 1
            self._own.add(info.id)
            self._mine = info.id
            return True
        return False

    def since_prompt(self, reply: Reply) -> Iterator[Told]:
        """The messages of a listing that belong to the turn; all of them for a subagent."""
        told = [each for entry in as_list(reply.body) if (each := _told(as_dict(entry))) is not None]
        if told and told[0].info.session_id not in self.children:
            mine = [number for number, each in enumerate(told) if each.info.role == "user"]
            if self._expected == 0:
                mine = [number for number in mine if told[number].info.id == self._mine] or mine
            told = told[mine[-1] :] if mine else []
        yield from told

    # Parts

    def delta(self, delta: PartDelta) -> Iterable[Output]:
        """More of a part."""
        if delta.field != "text":
            return (unparsed(f"unknown field of a part: {delta.field}"),)
        return self._prose.delta(delta)

    def part(self, part: Part) -> Iterator[Output]:
        """A part as it is now."""
        if part.message_id in self._copies:
            return
        parent = self.parent_of(part.session_id)
        if self._roles.get(part.message_id) == "user":
            yield from self._given(part, parent)
            return
        match part.type:
            case "text" | "reasoning":
                yield from self._prose.updated(part, parent)
            case "tool":
                yield from self._tools.updated(part, parent)
            case "step-finish":
                self.meter.step(part)
            case "patch":
                yield from self._patch(part, parent)
            case "file":
                yield from self._file(part, parent)
            case "retry":
                said = as_dict(as_dict(part.error).get("data")).get("message")
                yield status(self._items, "retry", str(said) if said else None, parent)
            case "compaction":
                yield status(self._items, "compacting", None, parent)
            case silent if silent in _SILENT:
                pass
            case unknown:
                yield unparsed(f"unknown part: {unknown}")

    def _given(self, part: Part, parent: str | None) -> Iterator[Output]:
        """A part in the user's place: of our own messages it is known; else a subagent's task, or the server's note."""
        if part.type == "compaction":
            yield status(self._items, "compacting", "auto" if part.auto else None, parent)
        elif part.message_id not in self._own and part.type == "text" and part.text:
            text = (TextPart(text=part.text),)
            if part.session_id in self.children:
                yield self._items.complete(part.id, "message", "user", text, parent=parent)
            else:
                yield self._items.complete(part.id, "system", "system", text)

    def _patch(self, part: Part, parent: str | None) -> Iterator[Output]:
        """The files that a step has changed, by whatever means; only told in git trees."""
        files = tuple(FileRefPart(path=str(path), action="patch") for path in as_list(part.files))
        if files:
            yield self._items.complete(part.id, "system", "system", files, parent=parent)

    def _file(self, part: Part, parent: str | None) -> Iterator[Output]:
        content = (
            ImagePart(path=part.url, mime=part.mime)
            if part.mime.startswith("image/")
            else FileRefPart(path=part.filename or part.url, action="read")
        )
        yield self._items.complete(part.id, "message", "assistant", (content,), parent=parent)


def _told(entry: dict[str, object]) -> Told | None:
    info = read(entry.get("info"), Info)
    if not isinstance(info, Info):
        return None
    parts = (read(each, Part) for each in as_list(entry.get("parts")))
    return Told(info, tuple(part for part in parts if isinstance(part, Part)))
