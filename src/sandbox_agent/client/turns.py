"""What a session's events add up to: which of them belong to one message, and what came of its turn. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from sandbox_agent.schema.api import Delivered, SessionDetail
from sandbox_agent.schema.content import Item, TextPart, with_streamed_text
from sandbox_agent.schema.events import (
    AgentUnparsed,
    ErrorReported,
    Event,
    ItemCompleted,
    ItemDelta,
    ItemStarted,
    SessionEnded,
    TurnEnded,
    TurnReason,
    TurnStarted,
    Usage,
    UsageUpdated,
)

__all__ = ["Outcome", "Transcript", "TurnReader", "TurnResult"]

Outcome: TypeAlias = TurnReason | Literal["withdrawn"]


class Transcript:
    """Folds events into items with their final content, in the order in which they began."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._streamed: dict[str, list[str]] = {}

    def feed(self, event: Event) -> None:
        """Take the next event."""
        match event.data:
            case ItemStarted(item=item):
                self._items[item.item_id] = item
                self._streamed[item.item_id] = []
            case ItemDelta(item_id=item_id, delta=delta):
                self._streamed.setdefault(item_id, []).append(delta)
            case ItemCompleted(item=item):
                self._items[item.item_id] = item
                self._streamed.pop(item.item_id, None)
            case _:
                pass

    @property
    def items(self) -> tuple[Item, ...]:
        """The items so far; an open one holds what was streamed of it."""
        return tuple(self._shown(item) for item in self._items.values())

    def _shown(self, item: Item) -> Item:
        streamed = self._streamed.get(item.item_id)
        return with_streamed_text(item, "".join(streamed), item.status) if streamed else item


class TurnResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a message."""

    reason: Outcome
    """`withdrawn`: it was taken out of the queue, so there was no turn."""
    text: str
    """The agent's last words of the turn; empty when it said nothing."""
    items: tuple[Item, ...]
    """Everything the turn was made of."""
    errors: tuple[ErrorReported, ...] = ()
    usage: Usage | None = None
    """What the turn used, where the agent says it."""


@dataclass
class TurnReader:
    """Picks the events of one message's turn out of the session's log."""

    delivered: Delivered
    done: bool = False
    doubtful: bool = False
    """The turn did not begin where it might have: look whether the message still waits, and `settle`."""

    def __post_init__(self) -> None:
        self._inside = self.delivered.delivery == "steered"
        self._reason: Outcome | None = None
        self._gone_after: int | None = None
        self._transcript = Transcript()
        self._errors: list[ErrorReported] = []
        self._usage: Usage | None = None

    def take(self, event: Event) -> bool:
        """Whether `event` is of this turn."""
        match event.data:
            case SessionEnded():
                self._end("terminated")
            case TurnEnded(reason=reason) if self._inside:
                self._end(reason or "completed")
            case TurnEnded() | AgentUnparsed() if not self._inside:
                self.doubtful = True
            case TurnStarted(message_id=self.delivered.message_id):
                self._inside = True
            case _:
                pass
        if self._inside:
            self._fold(event)
        elif self._gone_after is not None and event.sequence >= self._gone_after:
            self._end("withdrawn")
        return self._inside or (self.done and self._reason != "withdrawn")

    def settle(self, session: SessionDetail, offset: int) -> None:
        """Resolve a doubt: a message that neither waits nor began within the log so far was withdrawn."""
        self.doubtful = False
        if any(waiting.message_id == self.delivered.message_id for waiting in session.queue):
            return
        self._gone_after = session.event_count
        if offset >= self._gone_after:
            self._end("withdrawn")

    @property
    def result(self) -> TurnResult:
        """What came of it, as far as it was read."""
        items = self._transcript.items
        return TurnResult(
            reason=self._reason or "terminated",
            text=_last_words(items),
            items=items,
            errors=tuple(self._errors),
            usage=self._usage,
        )

    def _end(self, reason: Outcome) -> None:
        self.done = True
        self._reason = self._reason or reason

    def _fold(self, event: Event) -> None:
        self._transcript.feed(event)
        match event.data:
            case ErrorReported() as error:
                self._errors.append(error)
            case UsageUpdated(turn=used):
                self._usage = used
            case _:
                pass


def _last_words(items: tuple[Item, ...]) -> str:
    for item in reversed(items):
        if item.kind == "message" and item.role == "assistant" and item.parent_id is None:
            text = "\n".join(part.text for part in item.content if isinstance(part, TextPart))
            if text:
                return text
    return ""
