"""Stamps event data and puts it into the log, in the order the keeper makes of it."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox_agent.adapter.keeper import Keeper
from sandbox_agent.runtime.clock import Clock
from sandbox_agent.runtime.log import Log
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.events import Event, EventData, ItemDelta

__all__ = ["Recorder"]

_DELTA = (
    b'id: %%d\ndata: {"event_id":"evt_%%d","sequence":%%d,"time":"%%b","session_id":%b,"type":"item.delta","data":%%b,'
    b'"native_session_id":%b,"synthetic":false,"source":"agent","raw":null}\n\n'
)
"""What `Log.append` makes of a delta of the agent; filled in twice."""


class Recorder:
    """The pen of a session."""

    def __init__(self, session_id: str, native_session_id: str | None) -> None:
        self.log = Log()
        self.keeper = Keeper()
        self.native_session_id = native_session_id
        self.raw: bytes | None = None
        """The native line that is being translated: goes with every event it gives."""
        self._session_id = session_id
        self._delta_frame = self._frame_deltas()
        self._clock = Clock()
        self.created = self.updated = self._clock.milliseconds()
        """Milliseconds since the epoch."""

    def delta(self, data: ItemDelta) -> bool:
        """Record more text of an open item, by far the most frequent event; False when it has to be said with `say`."""
        if not self.keeper.extends(data):
            return False
        if self.native_session_id is not self._framed_for:
            self._delta_frame = self._frame_deltas()
        self.updated, stamp = self._clock.now()
        sequence = self.log.last + 1
        frame = self._delta_frame % (sequence, sequence, sequence, stamp.encode(), encode(data))
        self.log.add(frame, ItemDelta.TYPE, self.raw)
        return True

    def say(self, data: EventData, *, synthetic: bool) -> Iterator[EventData]:
        """Record `data` and what the grammar demands around it; gives back each event's data once it is recorded."""
        for kept in self.keeper.feed(data, synthetic=synthetic):
            self._append(kept.data, synthetic=kept.synthetic)
            yield kept.data

    def _frame_deltas(self) -> bytes:
        """Lay out the frame of a delta, all but what differs from one to the next: a flood is made of nothing else."""
        self._framed_for = self.native_session_id
        session_id, native_id = (encode(each).replace(b"%", b"%%") for each in (self._session_id, self._framed_for))
        return _DELTA % (session_id, native_id)

    def _append(self, data: EventData, *, synthetic: bool) -> None:
        self.updated, stamp = self._clock.now()
        sequence = self.log.last + 1
        event = Event(
            event_id=f"evt_{sequence}",
            sequence=sequence,
            time=stamp,
            session_id=self._session_id,
            type=data.TYPE,
            data=data,
            native_session_id=self.native_session_id,
            synthetic=synthetic,
            source="daemon" if synthetic else "agent",
        )
        self.log.append(event, self.raw)
