"""What orders of events are legal: three tables, and a checker that reads them.

Everything that decides whether an event may follow another lives in this file; the keeper makes every log obey it, the
conformance kit and the property tests check that it did, and the docs draw their state diagrams from the tables.

The rules (our turn contract, in short):

1. A log begins with `session.started`; nothing follows `session.ended`.
2. One turn at a time. A turn ends once, with a reason and the id it began with.
3. When a turn ends no item is open and no request is pending; the same holds when the session ends.
4. An item is started once, then grows by deltas, then is completed once. Its deltas add up to its final text; what the
   agent says always comes in deltas, and is not in the start of the item too.
5. A parent is an item that was started before.
6. A request is resolved once, a permission as a permission, a question as a question.
7. Sequences have no gaps.

Items and requests may also appear between turns: agents finish background work there.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from sandbox_agent.schema.content import Item, TextPart, streamed_text
from sandbox_agent.schema.events import (
    Event,
    EventData,
    ItemCompleted,
    ItemDelta,
    ItemStarted,
    PermissionRequested,
    PermissionResolved,
    QuestionRequested,
    QuestionResolved,
    TurnEnded,
    TurnStarted,
)

__all__ = [
    "ITEM",
    "REQUEST",
    "SESSION",
    "Grammar",
    "ItemState",
    "RequestState",
    "SessionPhase",
    "Violation",
    "check",
]


class SessionPhase(Enum):
    """Where a session stands."""

    NEW = "new"
    IDLE = "idle"
    BUSY = "busy"
    ENDED = "ended"


class ItemState(Enum):
    """Where an item stands."""

    ABSENT = "absent"
    OPEN = "open"
    CLOSED = "closed"


class RequestState(Enum):
    """Where a permission or question stands."""

    ABSENT = "absent"
    PENDING = "pending"
    RESOLVED = "resolved"


_ANYTIME = (
    "item.started",
    "item.delta",
    "item.completed",
    "permission.requested",
    "permission.resolved",
    "question.requested",
    "question.resolved",
    "error",
    "agent.unparsed",
    "usage.updated",
    "todo.updated",
    "diff.updated",
)

SESSION: dict[SessionPhase, dict[str, SessionPhase]] = {
    SessionPhase.NEW: {"session.started": SessionPhase.IDLE},
    SessionPhase.IDLE: {
        "turn.started": SessionPhase.BUSY,
        "session.ended": SessionPhase.ENDED,
        **dict.fromkeys(_ANYTIME, SessionPhase.IDLE),
    },
    SessionPhase.BUSY: {
        "turn.ended": SessionPhase.IDLE,
        **dict.fromkeys(_ANYTIME, SessionPhase.BUSY),
    },
    SessionPhase.ENDED: {},
}

ITEM: dict[ItemState, dict[str, ItemState]] = {
    ItemState.ABSENT: {"item.started": ItemState.OPEN},
    ItemState.OPEN: {"item.delta": ItemState.OPEN, "item.completed": ItemState.CLOSED},
    ItemState.CLOSED: {},
}

REQUEST: dict[RequestState, dict[str, RequestState]] = {
    RequestState.ABSENT: {
        "permission.requested": RequestState.PENDING,
        "question.requested": RequestState.PENDING,
    },
    RequestState.PENDING: {
        "permission.resolved": RequestState.RESOLVED,
        "question.resolved": RequestState.RESOLVED,
    },
    RequestState.RESOLVED: {},
}


class Violation(Exception):
    """An event that may not stand where it stands."""


class Grammar:
    """Reads a log event by event and raises `Violation` at the first that is not legal."""

    def __init__(self) -> None:
        self.phase = SessionPhase.NEW
        self._sequence: int = 0
        self._turn_id: str | None = None
        self._items: dict[str, ItemState] = {}
        self._text: dict[str, list[str]] = {}
        self._told: set[str] = set()
        self._requests: dict[str, tuple[RequestState, str]] = {}

    def step(self, event: Event) -> None:
        """Take the next event."""
        if event.sequence != self._sequence + 1:
            raise Violation(f"sequence {event.sequence} after {self._sequence}")
        self._sequence = event.sequence
        following = SESSION[self.phase].get(event.type)
        if following is None:
            raise Violation(f"{event.type} while the session is {self.phase.value} (sequence {event.sequence})")
        self._closing(event)
        self._content(event.data)
        self.phase = following

    def _closing(self, event: Event) -> None:
        match event.data:
            case TurnStarted(turn_id=turn_id):
                self._turn_id = turn_id
            case TurnEnded(turn_id=turn_id, reason=reason):
                if turn_id != self._turn_id or reason is None:
                    raise Violation(f"turn {self._turn_id} ended as {turn_id} with reason {reason}")
            case _:
                pass
        if event.type in {"turn.ended", "session.ended"}:
            left = [key for key, state in self._items.items() if state is ItemState.OPEN]
            left += [key for key, (state, _) in self._requests.items() if state is RequestState.PENDING]
            if left:
                raise Violation(f"{event.type} leaves open: {', '.join(left)}")

    def _content(self, data: EventData) -> None:
        match data:
            case ItemStarted(item=item):
                if item.parent_id is not None and item.parent_id not in self._items:
                    raise Violation(f"{item.item_id} has an unknown parent {item.parent_id}")
                self._item(item.item_id, data.TYPE)
                self._text[item.item_id] = []
                if _is_spoken(item) and _has_text(item):
                    self._told.add(item.item_id)
            case ItemDelta(item_id=item_id, delta=delta):
                self._item(item_id, data.TYPE)
                self._text[item_id].append(delta)
            case ItemCompleted(item=item):
                self._item(item.item_id, data.TYPE)
                self._completed(item)
            case PermissionRequested(permission_id=key) | PermissionResolved(permission_id=key):
                self._request("permission", key, data.TYPE)
            case QuestionRequested(question_id=key) | QuestionResolved(question_id=key):
                self._request("question", key, data.TYPE)
            case _:
                pass

    def _item(self, key: str, event_type: str) -> None:
        state = self._items.get(key, ItemState.ABSENT)
        if event_type not in ITEM[state]:
            raise Violation(f"{event_type} of {key}, which is {state.value}")
        self._items[key] = ITEM[state][event_type]

    def _completed(self, item: Item) -> None:
        streamed = self._text.pop(item.item_id)
        if (streamed or (_is_spoken(item) and _has_text(item))) and "".join(streamed) != streamed_text(item):
            raise Violation(f"the deltas of {item.item_id} do not add up to its text")
        if streamed and item.item_id in self._told:
            raise Violation(f"{item.item_id} was started with text and then had deltas")
        if item.status == "in_progress":
            raise Violation(f"{item.item_id} is completed but in progress")

    def _request(self, kind: str, key: str, event_type: str) -> None:
        state, asked = self._requests.get(key, (RequestState.ABSENT, kind))
        if event_type not in REQUEST[state] or asked != kind:
            raise Violation(f"{event_type} of {key}, which is a {asked} and {state.value}")
        self._requests[key] = REQUEST[state][event_type], kind


def _is_spoken(item: Item) -> bool:
    return item.kind == "message" and item.role != "user"


def _has_text(item: Item) -> bool:
    return any(isinstance(part, TextPart) and part.text for part in item.content)


def check(events: Iterable[Event]) -> Grammar:
    """Check a log from its first event; returns the grammar where it stopped.

    Raises `Violation` at the first event that is not legal.
    """
    grammar = Grammar()
    for event in events:
        grammar.step(event)
    return grammar
