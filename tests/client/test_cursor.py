from __future__ import annotations

import pytest

from sandbox_agent import ConnectionFailed, Event, LogReplaced, SessionEnded, SessionStarted, StreamError
from sandbox_agent.client.cursor import Cursor
from sandbox_agent.schema.base import encode


def event(sequence: int, data: SessionStarted | SessionEnded | None = None) -> Event:
    said = data or SessionStarted()
    return Event(
        event_id=f"evt_{sequence}", sequence=sequence, time="t", session_id="s", type=type(said).TYPE, data=said
    )


def frame(sequence: int) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (sequence, encode(event(sequence)))


def read(cursor: Cursor, chunk: bytes) -> list[int]:
    return [each.sequence for each in cursor.feed(chunk) if cursor.passed(each)]


def test_bytes_become_events_wherever_they_are_cut() -> None:
    whole = b": keep-alive\n\n" + frame(1) + frame(2)
    for cut in range(len(whole)):
        cursor = Cursor()
        assert read(cursor, whole[:cut]) + read(cursor, whole[cut:]) == [1, 2]


def test_after_a_break_half_a_frame_is_forgotten_and_nothing_comes_twice() -> None:
    cursor = Cursor()
    assert read(cursor, frame(1) + frame(2)[:20]) == [1]
    cursor.connected("log")
    assert read(cursor, frame(1) + frame(2) + frame(3)) == [2, 3]


def test_a_hole_is_a_broken_connection() -> None:
    cursor = Cursor(4)
    with pytest.raises(ConnectionFailed, match="event 6 came after 4"):
        read(cursor, frame(6))
    assert cursor.offset == 4


def test_what_cannot_be_read_says_where() -> None:
    with pytest.raises(StreamError, match="after 3"):
        read(Cursor(3), b"data: {nonsense\n\n")


def test_the_end_of_the_session_is_noticed() -> None:
    cursor = Cursor()
    assert cursor.passed(event(1))
    assert not cursor.ended
    assert cursor.passed(event(2, SessionEnded(reason="terminated", terminated_by="daemon")))
    assert cursor.ended


def test_what_comes_together_is_given_out_together() -> None:
    cursor = Cursor(1)
    assert [each.sequence for each in cursor.take(frame(1) + frame(2) + frame(3) + frame(4)[:9])] == [2, 3]
    assert cursor.take(b"") == []


def test_a_hole_costs_nothing_of_what_came_before_it() -> None:
    cursor = Cursor()
    assert [each.sequence for each in cursor.take(frame(1) + frame(2) + frame(5))] == [1, 2]
    with pytest.raises(ConnectionFailed, match="event 6 came after 2"):
        cursor.take(frame(6))


def test_another_log_is_not_taken_for_the_one_that_was_read() -> None:
    cursor = Cursor()
    cursor.connected("one")
    assert read(cursor, frame(1)) == [1]
    cursor.connected(None)  # a proxy that drops headers
    cursor.connected("one")
    with pytest.raises(LogReplaced, match="up to event 1") as replaced:
        cursor.connected("two")
    assert replaced.value.offset == 1
