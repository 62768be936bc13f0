"""Makes every stream of event data a legal log.

Adapters say what an agent said; the keeper supplies what the grammar demands and the agent left out: the start of an
item, the delta of a text that came whole, the end of what a finished turn left open. What is said of an item after its
end becomes an item of its own, unless it says nothing new. Pure; one per session.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from sandbox_agent.adapter.mending import written
from sandbox_agent.schema.content import (
    ContentPart,
    Item,
    ItemStatus,
    ReasoningPart,
    TextPart,
    streamed_text,
    with_streamed_text,
)
from sandbox_agent.schema.events import (
    EVENT_TYPES,
    AgentUnparsed,
    EndReason,
    EventData,
    ItemCompleted,
    ItemDelta,
    ItemStarted,
    PermissionRequested,
    PermissionResolved,
    QuestionRequested,
    QuestionResolved,
    SessionEnded,
    SessionStarted,
    TurnEnded,
    TurnReason,
    TurnStarted,
)
from sandbox_agent.schema.grammar import SessionPhase

__all__ = ["Keeper", "Kept", "Request", "Resolution", "rejection"]

Request = PermissionRequested | QuestionRequested
Resolution = PermissionResolved | QuestionResolved


class Kept(NamedTuple):
    """Event data as it goes into the log."""

    data: EventData
    synthetic: bool


class _Open(NamedTuple):
    item: Item
    deltas: list[str]


class Keeper:
    """Knows what is open: the turn, its items, its requests."""

    def __init__(self) -> None:
        self.phase = SessionPhase.NEW
        self.turn_id: str | None = None
        self.pending: dict[str, Request] = {}
        """Requests to be answered, by id, oldest first."""
        self._turns = 0
        self._open: dict[str, _Open] = {}
        self._closed: dict[str, int] = {}
        """Completed items, with a fingerprint of what they held."""
        self._cut: dict[str, str] = {}
        """Text of items that the end of a turn closed: their agent may not have been done with them."""
        self._later: dict[str, str] = {}
        """Item id to the id under which its story goes on."""
        self._copies: dict[str, int] = {}
        self._resolved: set[str] = set()

    @property
    def turn_open(self) -> bool:
        """Whether a turn is running."""
        return self.phase is SessionPhase.BUSY

    def is_open(self, item_id: str) -> bool:
        """Whether an item is started and not completed."""
        return self._now(item_id) in self._open

    def feed(self, data: EventData, *, synthetic: bool = False) -> Iterable[Kept]:
        """What goes into the log for `data`, in order. Take all of it before the next call."""
        if isinstance(data, ItemDelta) and self.extends(data):
            return (Kept(data, synthetic),)
        return self._feed(data, synthetic)

    def extends(self, data: ItemDelta) -> bool:
        """Take text of an item that is open: it goes into the log as it is. Otherwise nothing is done: `feed` it."""
        open_item = self._open.get(data.item_id)
        if open_item is None or not data.delta:
            return False
        open_item.deltas.append(data.delta)
        return True

    def _feed(self, data: EventData, synthetic: bool) -> Iterator[Kept]:
        if self.phase is SessionPhase.ENDED:
            return
        if self.phase is SessionPhase.NEW and not isinstance(data, SessionStarted):
            yield from self._lifecycle(SessionStarted(), True)
        match data:
            case ItemDelta():
                yield from self._delta(data, synthetic)
            case ItemStarted(item=item):
                if not self._exists(item.item_id):
                    yield from self._start(item, synthetic)
            case ItemCompleted(item=item):
                yield from self._complete(item, synthetic)
            case PermissionRequested() | QuestionRequested() | PermissionResolved() | QuestionResolved():
                yield from self._request(data, synthetic)
            case SessionStarted() | SessionEnded() | TurnStarted() | TurnEnded():
                yield from self._lifecycle(data, synthetic)
            case _ if data.TYPE not in EVENT_TYPES:
                yield Kept(AgentUnparsed(error=f"unknown event data: {data.TYPE}", location="event"), True)
            case _:
                yield Kept(data, synthetic)

    def _request(self, data: Request | Resolution, synthetic: bool) -> Iterator[Kept]:
        match data:
            case PermissionRequested(permission_id=key) | QuestionRequested(question_id=key):
                if key not in self.pending and key not in self._resolved:
                    self.pending[key] = data
                    yield Kept(data, synthetic)
            case PermissionResolved(permission_id=key) | QuestionResolved(question_id=key):
                asked = PermissionRequested if isinstance(data, PermissionResolved) else QuestionRequested
                if isinstance(self.pending.get(key), asked):
                    del self.pending[key]
                    self._resolved.add(key)
                    yield Kept(data, synthetic)

    def _lifecycle(self, data: EventData, synthetic: bool) -> Iterator[Kept]:
        match data:
            case SessionStarted() if self.phase is SessionPhase.NEW:
                self.phase = SessionPhase.IDLE
                yield Kept(data, synthetic)
            case TurnStarted() if not self.turn_open:
                self._turns += 1
                self.turn_id = data.turn_id or f"turn_{self._turns}"
                self.phase = SessionPhase.BUSY
                yield Kept(replace(data, turn_id=self.turn_id), synthetic)
            case TurnEnded() if self.turn_open:
                reason = data.reason or "completed"
                yield from self._close_all("completed" if reason == "completed" else "failed")
                self.phase = SessionPhase.IDLE
                ended, self.turn_id = replace(data, turn_id=self.turn_id, reason=reason), None
                yield Kept(ended, synthetic)
            case SessionEnded(reason=reason):
                if self.turn_open:
                    yield from self._lifecycle(TurnEnded(reason=_TURN_REASON[reason]), True)
                yield from self._close_all("completed" if reason == "completed" else "failed")
                self.phase = SessionPhase.ENDED
                yield Kept(data, synthetic)
            case _:
                pass

    def _start(self, item: Item, synthetic: bool) -> Iterator[Kept]:
        if item.parent_id is not None and not self._exists(item.parent_id):
            item = replace(item, parent_id=None)
        text = ""
        if _is_prose(item) and any(isinstance(part, TextPart) for part in item.content):
            text = streamed_text(item)
            item = replace(item, content=tuple(part for part in item.content if not isinstance(part, TextPart)))
        if item.status != "in_progress":
            item = replace(item, status="in_progress")
        self._open[item.item_id] = _Open(item, [])
        yield Kept(ItemStarted(item=item), synthetic)
        if text:
            yield from self._grow(item, text)

    def _delta(self, data: ItemDelta, synthetic: bool) -> Iterator[Kept]:
        if not data.delta:
            return
        item_id = self._now(data.item_id)
        if item_id in self._closed:
            item_id = self._goes_on(data.item_id)
        if item_id not in self._open:
            native_id = data.native_item_id
            item = Item(item_id=item_id, kind="message", native_item_id=native_id, role="assistant")
            yield from self._start(item, True)
        self._open[item_id].deltas.append(data.delta)
        yield Kept(replace(data, item_id=item_id), synthetic)

    def _complete(self, item: Item, synthetic: bool) -> Iterator[Kept]:
        root = item.item_id
        item_id = self._now(root)
        if item_id in self._closed:
            if self._closed[item_id] == _fingerprint(item):
                return
            item_id = self._goes_on(root)
        item = replace(item, item_id=item_id, status="completed" if item.status == "in_progress" else item.status)
        if item_id not in self._open:
            yield from self._start(_opening(item), True)
        started, deltas = self._open[item_id]
        item = replace(item, parent_id=started.parent_id)
        text, sent = streamed_text(item), "".join(deltas)
        if text.startswith(sent):
            if len(text) > len(sent) and (sent or _is_prose(item)):
                yield from self._grow(item, text[len(sent) :])
        elif text.strip() in {"", sent.strip()} or text == self._cut.get(item_id, "") + sent:
            item = with_streamed_text(item, sent, item.status)
        else:
            yield from self._close(with_streamed_text(started, sent, item.status), synthetic)
            yield from self._complete(replace(item, item_id=root), synthetic)
            return
        yield from self._close(item, synthetic)

    def _grow(self, item: Item, text: str) -> Iterator[Kept]:
        self._open[item.item_id].deltas.append(text)
        yield Kept(ItemDelta(item_id=item.item_id, delta=text, native_item_id=item.native_item_id), True)

    def _close(self, item: Item, synthetic: bool) -> Iterator[Kept]:
        del self._open[item.item_id]
        self._cut.pop(item.item_id, None)
        self._closed[item.item_id] = _fingerprint(item)
        yield Kept(ItemCompleted(item=item), synthetic)

    def _close_all(self, status: ItemStatus) -> Iterator[Kept]:
        for request in list(self.pending.values()):
            yield from self._request(rejection(request), True)
        for item, deltas in list(self._open.values()):
            text = "".join(deltas)
            before = self._cut.get(item.item_id, "")
            yield from self._close(with_streamed_text(item, text, status), True)
            self._cut[item.item_id] = before + text

    def _now(self, root: str) -> str:
        """The id under which an item's story goes on."""
        return self._later.get(root, root)

    def _goes_on(self, root: str) -> str:
        """A new item for what an agent says of one that is completed: nothing is lost, nothing is opened again."""
        before = self._now(root)
        number = self._copies.get(root, 1) + 1
        while self._exists(later := f"{root}_again_{number}"):
            number += 1
        self._copies[root], self._later[root] = number, later
        if before in self._cut:
            self._cut[later] = self._cut.pop(before)
        return later

    def _exists(self, item_id: str) -> bool:
        return item_id in self._open or item_id in self._closed


_TURN_REASON: dict[EndReason, TurnReason] = {
    "completed": "completed",
    "error": "error",
    "terminated": "terminated",
}


def rejection(request: Request) -> Resolution:
    """The resolution of a request that nobody will answer any more."""
    match request:
        case PermissionRequested():
            return PermissionResolved(
                permission_id=request.permission_id,
                action=request.action,
                status="reject",
                metadata=request.metadata,
            )
        case QuestionRequested():
            return QuestionResolved(
                question_id=request.question_id,
                prompt=request.prompt,
                status="rejected",
                options=request.options,
            )


def _opening(item: Item) -> Item:
    """How an item that came whole would have started: everything but the text that its delta brings."""
    content: tuple[ContentPart, ...] = item.content
    if _is_prose(item):
        if any(isinstance(part, TextPart) for part in content):
            content = tuple(part for part in content if not isinstance(part, TextPart))
        else:
            content = tuple(replace(part, text="") if isinstance(part, ReasoningPart) else part for part in content)
    return replace(item, content=content, status="in_progress")


def _is_prose(item: Item) -> bool:
    """Whether the text of an item must come in deltas: what the agent says or thinks."""
    return item.kind == "message" and item.role != "user"


def _fingerprint(item: Item) -> int:
    return hash(written(item.content))
