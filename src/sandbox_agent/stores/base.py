"""What a store is, and what all stores share. Pure, but for the store that is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from sandbox_agent.schema.errors import StoreFailed
from sandbox_agent.schema.events import Event

__all__ = ["Store", "missing_from", "read"]

_PAGE = 1000


class Store(Protocol):
    """Keeps the events of sessions, each once.

    A session id can be used again, and then sequences begin anew; so events belong to a log, which has an id of its
    own, and a session has one log or several. Every method may be called from any thread, and by several processes.
    What is raised is `StoreFailed`, or what the database's own library raises.
    """

    def append(self, session_id: str, log_id: str, events: Sequence[Event]) -> None:
        """Keep events of a log, which come in order; all of them or none.

        Those that are there already stay as they are. When it returns they survive the end of this
        process. Raises `StoreFailed` when there would be a gap between what is there and `events`, or within them.
        """
        ...

    def last(self, session_id: str, log_id: str) -> int:
        """Sequence of the last event that is there of a log; 0 when there is none."""
        ...

    def sessions(self) -> tuple[str, ...]:
        """The sessions of which anything is there, in the order in which they were first seen."""
        ...

    def logs(self, session_id: str) -> tuple[str, ...]:
        """The logs of a session, in the order in which they were first seen."""
        ...

    def events(
        self, session_id: str, log_id: str | None = None, *, offset: int = 0, limit: int | None = None
    ) -> tuple[Event, ...]:
        """At most `limit` events after `offset` of a log; without an id, of the session's newest log."""
        ...

    def delete(self, session_id: str) -> None:
        """Forget a session with all its logs."""
        ...

    def close(self) -> None:
        """Give up what is held open. Safe to call again."""
        ...


def read(store: Store, session_id: str, log_id: str | None = None, *, offset: int = 0) -> Iterator[Event]:
    """All events after `offset` of a log, a page at a time; without an id, of the session's newest log."""
    logs = store.logs(session_id)
    chosen = log_id or (logs[-1] if logs else None)
    if chosen is None:
        return
    while page := store.events(session_id, chosen, offset=offset, limit=_PAGE):
        yield from page
        offset = page[-1].sequence


def missing_from(last: int, events: Sequence[Event]) -> Sequence[Event]:
    """Those of `events` that come after `last`. Raises `StoreFailed` at a gap."""
    fresh = [event for event in events if event.sequence > last]
    for expected, event in enumerate(fresh, last + 1):
        if event.sequence != expected:
            raise StoreFailed(f"event {event.sequence} came where {expected} is missing: a log is kept without gaps")
    return fresh
