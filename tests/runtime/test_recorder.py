from __future__ import annotations

import json

import msgspec

from sandbox_agent.adapter.items import Items
from sandbox_agent.runtime.log import Log
from sandbox_agent.runtime.recorder import Recorder
from sandbox_agent.schema.content import Item, TextPart
from sandbox_agent.schema.events import (
    Event,
    EventData,
    ItemDelta,
    ItemStarted,
    SessionEnded,
    SessionStarted,
    TurnEnded,
    TurnStarted,
    decode_event,
)
from sandbox_agent.schema.grammar import check


def said(recorder: Recorder, data: EventData, *, synthetic: bool = False) -> list[EventData]:
    return list(recorder.say(data, synthetic=synthetic))


def events(recorder: Recorder) -> list[Event]:
    page, _ = recorder.log.page(0, None)
    return [decode_event(msgspec.json.encode(each)) for each in json.loads(page)]


def begun() -> Recorder:
    recorder = Recorder("s", None)
    said(recorder, SessionStarted(), synthetic=True)
    return recorder


def test_events_are_numbered_and_stamped() -> None:
    recorder = begun()
    said(recorder, TurnStarted())
    said(recorder, TurnEnded(reason="completed"))
    recorded = events(recorder)
    assert [event.sequence for event in recorded] == [1, 2, 3]
    assert [event.event_id for event in recorded] == ["evt_1", "evt_2", "evt_3"]
    assert {event.session_id for event in recorded} == {"s"}
    assert [(event.source, event.synthetic) for event in recorded] == [
        ("daemon", True),
        ("agent", False),
        ("agent", False),
    ]
    assert recorder.created <= recorder.updated


def test_the_native_id_is_told_from_the_moment_it_is_known() -> None:
    recorder = begun()
    recorder.native_session_id = "native"
    said(recorder, TurnStarted())
    assert [event.native_session_id for event in events(recorder)] == [None, "native"]


def test_what_the_grammar_demands_is_added_and_marked() -> None:
    recorder = begun()
    items = Items()
    said(recorder, TurnStarted())
    said(recorder, items.start("a", "message", "assistant", (TextPart(text="open"),)))
    added = said(recorder, TurnEnded(reason="completed"))
    assert [data.TYPE for data in added] == ["item.completed", "turn.ended"]
    assert [event.synthetic for event in events(recorder)[-2:]] == [True, False]
    said(recorder, SessionEnded(reason="terminated", terminated_by="daemon"), synthetic=True)
    check(events(recorder))
    assert recorder.log.ended


def test_nothing_is_recorded_after_the_end() -> None:
    recorder = begun()
    said(recorder, SessionEnded(reason="terminated", terminated_by="daemon"), synthetic=True)
    assert said(recorder, TurnStarted()) == []
    assert recorder.log.last == 2


def test_the_native_line_goes_with_each_event_it_gives() -> None:
    recorder = begun()
    recorder.raw = b'{"native":1}'
    said(recorder, TurnStarted())
    recorder.raw = None
    said(recorder, TurnEnded(reason="completed"))
    page, _ = recorder.log.page(0, None, raw=True)
    assert [each.get("raw") for each in json.loads(page)] == [None, {"native": 1}, None]


def test_a_delta_by_the_short_way_is_the_same_bytes_as_by_the_long_one() -> None:
    recorder = Recorder('100 %d "ü" %', None)
    for native_id in (None, "native % \\ id", "another"):
        recorder.native_session_id = native_id
        said(recorder, ItemStarted(item=Item(item_id=f"itm_{native_id}", kind="message", role="assistant")))
        delta = ItemDelta(item_id=f"itm_{native_id}", delta='50 % of\n"%b"', native_item_id=native_id)
        assert recorder.delta(delta)
        written, _ = recorder.log.sse(recorder.log.last - 1)
        event = events(recorder)[-1]
        assert (event.data, event.native_session_id) == (delta, native_id)
        long = Log()
        long.append(event, None)
        assert long.sse(0) == (written, 1)
