"""Gives each native item its own id and builds the item events."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox_agent.schema.content import ContentPart, Item, ItemKind, ItemRole, ItemStatus
from sandbox_agent.schema.events import ItemCompleted, ItemDelta, ItemStarted

__all__ = ["Items"]


class Items:
    """Native ids to item ids, by a counter of this instance, so that recordings replay to the same ids.

    Started items and deltas that an agent leaves out are added by the keeper; adapters say what they know.
    """

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._count = 0

    def id_of(self, native_id: str | None) -> str:
        """The item id of a native id; a new one at first sight, and always a new one for None."""
        if native_id is not None:
            known = self._ids.get(native_id)
            if known is not None:
                return known
        self._count += 1
        item_id = f"itm_{self._count}"
        if native_id is not None:
            self._ids[native_id] = item_id
        return item_id

    def known(self, native_id: str | None) -> str | None:
        """The item id of a native id that was seen before."""
        return None if native_id is None else self._ids.get(native_id)

    def start(
        self,
        native_id: str | None,
        kind: ItemKind,
        role: ItemRole | None,
        content: Iterable[ContentPart] = (),
        *,
        parent: str | None = None,
    ) -> ItemStarted:
        """An item opens. `parent` is a native id."""
        return ItemStarted(item=self._item(native_id, kind, role, content, "in_progress", parent))

    def delta(self, native_id: str, text: str) -> ItemDelta:
        """More text of an open item."""
        return ItemDelta(item_id=self.id_of(native_id), delta=text, native_item_id=native_id)

    def complete(
        self,
        native_id: str | None,
        kind: ItemKind,
        role: ItemRole | None,
        content: Iterable[ContentPart],
        *,
        status: ItemStatus = "completed",
        parent: str | None = None,
    ) -> ItemCompleted:
        """The final form of an item, started before or not."""
        return ItemCompleted(item=self._item(native_id, kind, role, content, status, parent))

    def _item(
        self,
        native_id: str | None,
        kind: ItemKind,
        role: ItemRole | None,
        content: Iterable[ContentPart],
        status: ItemStatus,
        parent: str | None,
    ) -> Item:
        return Item(
            item_id=self.id_of(native_id),
            kind=kind,
            native_item_id=native_id,
            parent_id=self.known(parent),
            role=role,
            content=tuple(content),
            status=status,
        )
