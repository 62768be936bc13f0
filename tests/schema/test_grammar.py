from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.schema.content import Item, ReasoningPart, TextPart
from sandbox_agent.schema.events import (
    EVENT_TYPES,
    Event,
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
    TurnStarted,
    Unknown,
)
from sandbox_agent.schema.grammar import ITEM, REQUEST, SESSION, SessionPhase, Violation, check

S, T = SessionStarted(), TurnStarted(turn_id="turn_1")
E = TurnEnded(turn_id="turn_1", reason="completed")
END = SessionEnded(reason="terminated", terminated_by="daemon")
ASK = PermissionRequested(permission_id="p", action="act")
ANSWER = PermissionResolved(permission_id="p", action="act", status="accept")
DELTA = ItemDelta(item_id="itm_1", delta="hi")


def item(text: str = "", **fields: Any) -> Item:
    content = (TextPart(text=text),) if text else ()
    return Item(**{"item_id": "itm_1", "kind": "message", "role": "assistant", "content": content, **fields})


def start(text: str = "", **fields: Any) -> ItemStarted:
    return ItemStarted(item=item(text, **fields))


def done(text: str = "", **fields: Any) -> ItemCompleted:
    return ItemCompleted(item=item(text, **{"status": "completed", **fields}))


def log(*happened: EventData) -> list[Event]:
    return [
        Event(event_id=f"evt_{n}", sequence=n, time="t", session_id="s", type=data.TYPE, data=data)
        for n, data in enumerate(happened, 1)
    ]


LEGAL: dict[str, tuple[EventData, ...]] = {
    "nothing yet": (S,),
    "a turn with a message": (S, T, start(), DELTA, done("hi"), E),
    "a message of the user needs no delta": (S, T, start("hi", role="user"), done("hi", role="user"), E),
    "thoughts at the start of a message": (
        *(S, T, start(content=(ReasoningPart(text="hm"),)), DELTA),
        done(content=(ReasoningPart(text="hm"), TextPart(text="hi"))),
    ),
    "late items between turns": (S, T, E, start(), DELTA, done("hi")),
    "a request between turns": (S, ASK, ANSWER, END),
    "one turn after the other": (S, T, E, T, E, END),
    "an item left open while the turn runs": (S, T, start(), DELTA),
}

ILLEGAL: dict[str, tuple[EventData, ...]] = {
    "a log that begins otherwise": (T,),
    "a session started twice": (S, S),
    "an event after the end": (S, END, T),
    "a turn in a turn": (S, T, T),
    "an end without a turn": (S, E),
    "the end of another turn": (S, T, TurnEnded(turn_id="turn_2", reason="completed")),
    "a turn that ends without a reason": (S, T, TurnEnded(turn_id="turn_1")),
    "a session that ends in a turn": (S, T, END),
    "an item left open at the end of a turn": (S, T, start(), E),
    "an item left open at the end of the session": (S, start(), END),
    "a request left open at the end of a turn": (S, T, ASK, E),
    "an item started twice": (S, T, start(), start()),
    "a delta before its item": (S, T, DELTA),
    "a delta after the completion": (S, T, start(), DELTA, done("hi"), DELTA),
    "an item completed twice": (S, T, start(), DELTA, done("hi"), done("hi")),
    "an item completed but not started": (S, T, done()),
    "an item completed in progress": (S, T, start(), done(status="in_progress")),
    "deltas that are not the text": (S, T, start(), DELTA, done("ho")),
    "a message without deltas": (S, T, start(), done("hi")),
    "a text both in the start and in deltas": (S, T, start("hi"), DELTA, done("hi")),
    "a parent that does not exist": (S, T, start(parent_id="itm_9")),
    "an item that is its own parent": (S, T, start(parent_id="itm_1")),
    "a request made twice": (S, T, ASK, ASK),
    "a request resolved twice": (S, T, ASK, ANSWER, ANSWER),
    "an answer to nothing": (S, T, ANSWER),
    "a question resolved as a permission": (S, T, QuestionRequested(question_id="p", prompt="?"), ANSWER),
    "a question that was resolved before": (S, T, QuestionResolved(question_id="q", prompt="?", status="rejected")),
    "an event nobody knows": (S, Unknown()),
}


@pytest.mark.parametrize("happened", LEGAL.values(), ids=LEGAL)
def test_a_legal_log_is_accepted(happened: tuple[EventData, ...]) -> None:
    assert check(log(*happened)).phase is not SessionPhase.NEW


@pytest.mark.parametrize("happened", ILLEGAL.values(), ids=ILLEGAL)
def test_an_illegal_log_is_refused_at_its_last_event(happened: tuple[EventData, ...]) -> None:
    check(log(*happened[:-1]))
    with pytest.raises(Violation):
        check(log(*happened))


def test_a_gap_in_the_sequence_is_refused() -> None:
    events = log(S, T, E)
    with pytest.raises(Violation, match="sequence 3 after 1"):
        check([events[0], events[2]])


def test_every_event_type_has_a_place_in_the_tables() -> None:
    assert {name for following in SESSION.values() for name in following} == set(EVENT_TYPES)
    assert {name for table in (ITEM, REQUEST) for following in table.values() for name in following} <= set(EVENT_TYPES)
