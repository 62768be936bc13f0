"""Makes every stream of event data a legal log.

Adapters say what an agent said; the keeper supplies what the grammar demands and the agent left out: the start of an
item, the delta of a text that came whole, the end of what a finished turn left open. What cannot stand is kept as
`agent.unparsed` or dropped when it says nothing new. Pure; one per session.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

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

__all__ = ["Keeper", "Kept", "Request", "rejection"]

Request = PermissionRequested | QuestionRequested


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
        self._closed: set[str] = set()
        self._resolved: set[str] = set()

    @property
    def turn_open(self) -> bool:
        """Whether a turn is running."""
        return self.phase is SessionPhase.BUSY

    def is_open(self, item_id: str) -> bool:
        """Whether an item is started and not completed."""
        return item_id in self._open

    def feed(self, data: EventData, *, synthetic: bool = False) -> Iterator[Kept]:
        """What goes into the log for `data`, in order."""
        if self.phase is SessionPhase.ENDED:
            return
        match data:
            case ItemDelta():
                yield from self._delta(data, synthetic)
            case ItemStarted(item=item):
                yield from self._start(item, synthetic)
            case ItemCompleted(item=item):
                yield from self._complete(item, synthetic)
            case PermissionRequested(permission_id=key) | QuestionRequested(question_id=key):
                if key not in self.pending and key not in self._resolved:
                    self.pending[key] = data
                    yield Kept(data, synthetic)
            case PermissionResolved(permission_id=key) | QuestionResolved(question_id=key):
                if self.pending.pop(key, None) is not None:
                    self._resolved.add(key)
                    yield Kept(data, synthetic)
            case SessionStarted() | SessionEnded() | TurnStarted() | TurnEnded():
                yield from self._lifecycle(data, synthetic)
            case _:
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
                yield Kept(msgspec.structs.replace(data, turn_id=self.turn_id), synthetic)
            case TurnEnded() if self.turn_open:
                reason = data.reason or "completed"
                yield from self._close_all("completed" if reason == "completed" else "failed")
                self.phase = SessionPhase.IDLE
                yield Kept(msgspec.structs.replace(data, turn_id=self.turn_id, reason=reason), synthetic)
                self.turn_id = None
            case SessionEnded(reason=reason):
                if self.turn_open:
                    yield from self.feed(TurnEnded(reason=_TURN_REASON[reason]), synthetic=True)
                yield from self._close_all("completed" if reason == "completed" else "failed")
                self.phase = SessionPhase.ENDED
                yield Kept(data, synthetic)
            case _:
                pass

    def _start(self, item: Item, synthetic: bool) -> Iterator[Kept]:
        if item.item_id in self._open or item.item_id in self._closed:
            return
        if item.parent_id is not None and not self._exists(item.parent_id):
            item = msgspec.structs.replace(item, parent_id=None)
        self._open[item.item_id] = _Open(item, [])
        yield Kept(ItemStarted(item=item), synthetic)

    def _delta(self, data: ItemDelta, synthetic: bool) -> Iterator[Kept]:
        open_item = self._open.get(data.item_id)
        if open_item is None:
            if data.item_id in self._closed:
                yield Kept(
                    AgentUnparsed(error=f"text for the completed item {data.item_id}", location="item.delta"),
                    True,
                )
                return
            item = Item(item_id=data.item_id, kind="message", native_item_id=data.native_item_id, role="assistant")
            yield from self._start(item, True)
            open_item = self._open[data.item_id]
        if data.delta:
            open_item.deltas.append(data.delta)
            yield Kept(data, synthetic)

    def _complete(self, item: Item, synthetic: bool) -> Iterator[Kept]:
        if item.item_id in self._closed:
            yield Kept(AgentUnparsed(error=f"{item.item_id} is completed already", location="item.completed"), True)
            return
        if item.item_id not in self._open:
            yield from self._start(_opening(item), True)
        started, deltas = self._open[item.item_id]
        if item.parent_id != started.parent_id:
            item = msgspec.structs.replace(item, parent_id=started.parent_id)
        text, sent = streamed_text(item), "".join(deltas)
        if not text.startswith(sent):
            yield from self._close(started, sent, item.status, synthetic)
            again = msgspec.structs.replace(item, item_id=item.item_id + "_final")
            yield from self._complete(again, synthetic)
            return
        if len(text) > len(sent) and (deltas or _is_prose(item)):
            rest = ItemDelta(item_id=item.item_id, delta=text[len(sent) :], native_item_id=item.native_item_id)
            yield Kept(rest, True)
        yield from self._closed_as(item, synthetic)

    def _close(self, item: Item, text: str, status: ItemStatus, synthetic: bool) -> Iterator[Kept]:
        yield from self._closed_as(with_streamed_text(item, text, status), synthetic)

    def _closed_as(self, item: Item, synthetic: bool) -> Iterator[Kept]:
        del self._open[item.item_id]
        self._closed.add(item.item_id)
        yield Kept(ItemCompleted(item=item), synthetic)

    def _close_all(self, status: ItemStatus) -> Iterator[Kept]:
        for request in list(self.pending.values()):
            yield from self.feed(rejection(request), synthetic=True)
        for item, deltas in list(self._open.values()):
            yield from self._close(item, "".join(deltas), status, True)

    def _exists(self, item_id: str) -> bool:
        return item_id in self._open or item_id in self._closed


_TURN_REASON: dict[EndReason, TurnReason] = {
    "completed": "completed",
    "error": "error",
    "terminated": "terminated",
}


def rejection(request: Request) -> PermissionResolved | QuestionResolved:
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
        kind = TextPart if any(isinstance(part, TextPart) for part in content) else ReasoningPart
        content = tuple(part for part in content if not isinstance(part, kind))
        if kind is ReasoningPart:
            content = (ReasoningPart(text=""), *content)
    return msgspec.structs.replace(item, content=content, status="in_progress")


def _is_prose(item: Item) -> bool:
    """Whether the text of an item must come in deltas: what the agent says or thinks."""
    return item.kind == "message" and item.role != "user"
