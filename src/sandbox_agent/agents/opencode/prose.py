"""What the agent says and thinks, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sandbox_agent.adapter import Output
from sandbox_agent.adapter.items import Items
from sandbox_agent.agents.opencode.native import Part, PartDelta
from sandbox_agent.schema.content import ContentPart, ItemStatus, ReasoningPart, TextPart

__all__ = ["Prose"]


class Prose:
    """Text and reasoning: begun empty, said in deltas, told once more as a whole."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._last: str | None = None
        """The last text of the agent, without its subagents', and what it said so far."""
        self._said: list[str] = []
        self._open: set[str] = set()
        self._torn: set[str] = set()
        """Open parts of which deltas may be missing: only their whole text is taken now."""
        self.broken_off = False
        """Whether what is open now will not be said to its end."""

    @property
    def last_text(self) -> str:
        """What the agent said last, finished or not."""
        return "".join(self._said)

    def forget(self) -> None:
        """The turn is over."""
        self._open.clear()
        self._torn.clear()
        self.broken_off = False

    def tear(self) -> None:
        """Nobody listened for a while."""
        self._torn |= self._open

    def updated(self, part: Part, parent: str | None) -> Iterator[Output]:
        """A part begins or ends."""
        if part.time is not None and part.time.get("end"):
            status: ItemStatus = "failed" if self.broken_off and part.id in self._open else "completed"
            self._open.discard(part.id)
            if part.type == "text" and parent is None:
                self._last, self._said = part.id, [part.text]
            content = (_content(part, part.text),)
            yield self._items.complete(part.id, "message", "assistant", content, status=status, parent=parent)
        elif part.id not in self._open and self._items.known(part.id) is None:
            self._open.add(part.id)
            if part.type == "text" and parent is None:
                self._last, self._said = part.id, [part.text]
            yield self._items.start(part.id, "message", "assistant", (_content(part, ""),), parent=parent)
            if part.text:
                yield self._items.delta(part.id, part.text)

    def delta(self, delta: PartDelta) -> Iterable[Output]:
        """More of a part."""
        if delta.part_id in self._torn:
            return ()
        if delta.part_id == self._last:
            self._said.append(delta.delta)
        return (self._items.delta(delta.part_id, delta.delta),)


def _content(part: Part, text: str) -> ContentPart:
    return ReasoningPart(text=text) if part.type == "reasoning" else TextPart(text=text)
