from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_agent.adapter.keeper import Keeper
from sandbox_agent.schema.content import (
    ImagePart,
    Item,
    JsonPart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    streamed_text,
)
from sandbox_agent.schema.events import (
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
from sandbox_agent.schema.grammar import SessionPhase, check

from . import logs

BEGIN = (SessionStarted(), TurnStarted())
START, DELTA, DONE = "item.started", "item.delta", "item.completed"


def message(text: str = "", item_id: str = "itm_1", **fields: object) -> Item:
    content = (TextPart(text=text),) if text else ()
    return Item(**{"item_id": item_id, "kind": "message", "role": "assistant", "content": content, **fields})  # type: ignore[arg-type]


def told(*happened: EventData) -> list[EventData]:
    """What the log says after the turn has begun."""
    log = logs.log_of([*BEGIN, *happened])
    check(log)
    return [event.data for event in log[2:]]


def types(data: Sequence[EventData]) -> list[str]:
    return [each.TYPE for each in data]


def finals(data: Sequence[EventData]) -> list[tuple[str, str, str]]:
    return [(d.item.item_id, streamed_text(d.item), d.item.status) for d in data if isinstance(d, ItemCompleted)]


@given(st.lists(logs.happenings, max_size=40), st.none() | logs.endings)
def test_any_event_data_in_any_order_give_a_legal_log(happened: list[EventData], end: EventData | None) -> None:
    check(logs.log_of([*happened, end] if end else happened))


@given(st.lists(logs.happenings, max_size=40))
def test_no_text_is_lost(happened: list[EventData]) -> None:
    log = [event.data for event in logs.log_of([*happened, TurnStarted(), TurnEnded()])]
    said = [d.delta for d in happened if isinstance(d, ItemDelta)]
    said += [streamed_text(d.item) for d in happened if isinstance(d, ItemCompleted)]
    kept = "\0".join(streamed_text(d.item) for d in log if isinstance(d, ItemCompleted))
    assert [text for text in said if text.strip() not in kept] == []


@given(st.lists(logs.happenings, max_size=40))
def test_after_the_end_of_a_turn_nothing_is_open(happened: list[EventData]) -> None:
    keeper = Keeper()
    logs.log_of([*happened, TurnStarted(), TurnEnded()], keeper)
    assert (keeper.phase, keeper.turn_id, keeper.pending) == (SessionPhase.IDLE, None, {})
    assert not any(keeper.is_open(f"itm_{number}") for number in range(1, 4))


@given(st.lists(logs.happenings, max_size=20), st.lists(logs.happenings, max_size=20), logs.endings)
def test_nothing_follows_the_end_of_the_session(
    before: list[EventData], after: list[EventData], end: SessionEnded
) -> None:
    log = logs.log_of([*before, end, *after])
    assert log[-1].data == end


def test_a_session_that_was_not_started_is_started() -> None:
    assert logs.types_of([TurnStarted()]) == ["session.started", "turn.started"]


def test_a_message_that_comes_whole_gets_its_start_and_its_delta() -> None:
    data = told(ItemCompleted(item=message("hello")))
    assert types(data) == [START, DELTA, DONE]
    assert isinstance(data[0], ItemStarted)
    assert data[0].item.content == ()


def test_what_the_keeper_adds_is_synthetic_and_what_the_agent_said_is_not() -> None:
    log = logs.log_of([*BEGIN, ItemCompleted(item=message("hello"))])
    assert [event.synthetic for event in log] == [False, False, True, True, False]


def test_the_text_a_message_starts_with_becomes_a_delta() -> None:
    data = told(
        ItemStarted(item=message("he")), ItemDelta(item_id="itm_1", delta="llo"), ItemCompleted(item=message("hello"))
    )
    assert types(data) == [START, DELTA, DELTA, DONE]


def test_a_thought_that_comes_whole_is_streamed_too() -> None:
    thought = message(content=(ReasoningPart(text="hm", visibility="private"),))
    started, delta, _ = told(ItemCompleted(item=thought))
    assert isinstance(started, ItemStarted)
    assert started.item.content == (ReasoningPart(text="", visibility="private"),)
    assert isinstance(delta, ItemDelta)
    assert delta.delta == "hm"


def test_a_picture_needs_no_delta_and_gets_no_thought() -> None:
    picture = ImagePart(path="a.png")
    started, _ = told(ItemCompleted(item=message(content=(picture,))))
    assert isinstance(started, ItemStarted)
    assert started.item.content == (picture,)


def test_a_users_message_keeps_its_text_in_its_start() -> None:
    data = told(ItemCompleted(item=message("hello", role="user")))
    assert types(data) == [START, DONE]
    assert isinstance(data[0], ItemStarted)
    assert streamed_text(data[0].item) == "hello"


def test_the_rest_of_a_text_comes_as_one_more_delta() -> None:
    data = told(ItemDelta(item_id="itm_1", delta="he"), ItemCompleted(item=message("hello")))
    assert [each.delta for each in data if isinstance(each, ItemDelta)] == ["he", "llo"]


def test_a_completion_without_text_keeps_what_was_streamed() -> None:
    data = told(ItemDelta(item_id="itm_1", delta="hello"), ItemCompleted(item=message()))
    assert finals(data) == [("itm_1", "hello", "completed")]


def test_blanks_around_a_text_make_no_difference() -> None:
    data = told(ItemDelta(item_id="itm_1", delta="hello \n"), ItemCompleted(item=message("hello")))
    assert finals(data) == [("itm_1", "hello \n", "completed")]


def test_a_final_text_that_is_another_becomes_an_item_of_its_own() -> None:
    data = told(ItemDelta(item_id="itm_1", delta="hello"), ItemCompleted(item=message("goodbye")))
    assert finals(data) == [("itm_1", "hello", "completed"), ("itm_1_again_2", "goodbye", "completed")]


def test_the_end_of_a_turn_closes_what_is_open_as_failed_when_it_was_interrupted() -> None:
    data = told(ItemDelta(item_id="itm_1", delta="hel"), TurnEnded(reason="interrupted"))
    assert types(data) == [START, DELTA, DONE, "turn.ended"]
    assert finals(data) == [("itm_1", "hel", "failed")]


def test_thoughts_that_were_there_from_the_start_stay_when_an_item_is_cut_off() -> None:
    thought, data_part = ReasoningPart(text="hm"), JsonPart(json=1)
    started = message(content=(thought, data_part))
    data = told(ItemStarted(item=started), ItemDelta(item_id="itm_1", delta="he"), TurnEnded(reason="interrupted"))
    final = data[2]
    assert isinstance(final, ItemCompleted)
    assert final.item.content == (thought, data_part, TextPart(text="he"))


def test_late_text_of_an_ended_turn_is_kept_without_being_said_twice() -> None:
    data = told(
        ItemDelta(item_id="itm_1", delta="hel"),
        TurnEnded(reason="interrupted"),
        ItemDelta(item_id="itm_1", delta="lo"),
        ItemCompleted(item=message("hello")),
    )
    assert finals(data) == [("itm_1", "hel", "failed"), ("itm_1_again_2", "lo", "completed")]


def test_a_late_completion_of_a_cut_item_is_kept_when_it_says_more() -> None:
    data = told(
        ItemDelta(item_id="itm_1", delta="hel"), TurnEnded(reason="interrupted"), ItemCompleted(item=message("hello"))
    )
    assert finals(data) == [("itm_1", "hel", "failed"), ("itm_1_again_2", "hello", "completed")]


def test_the_same_completion_again_says_nothing_new() -> None:
    assert types(told(*[ItemCompleted(item=message("hello"))] * 3)) == [START, DELTA, DONE]


def test_a_tool_call_that_was_cut_and_is_completed_late_is_one_item() -> None:
    call = Item(
        item_id="itm_1",
        kind="tool_call",
        role="assistant",
        content=(ToolCallPart(name="bash", arguments="{}", call_id="c"),),
    )
    data = told(ItemStarted(item=call), TurnEnded(reason="interrupted"), ItemCompleted(item=call))
    assert types(data) == [START, DONE, "turn.ended"]


def test_an_item_is_never_completed_in_progress() -> None:
    data = told(ItemCompleted(item=message("hello", status="in_progress")))
    assert finals(data) == [("itm_1", "hello", "completed")]


def test_a_parent_nobody_knows_is_left_out() -> None:
    (started, *_) = told(ItemStarted(item=message(parent_id="itm_9")))
    assert isinstance(started, ItemStarted)
    assert started.item.parent_id is None


def test_requests_are_resolved_before_their_turn_ends() -> None:
    data = told(
        PermissionRequested(permission_id="p", action="act", metadata={"a": 1}),
        QuestionRequested(question_id="q", prompt="why?", options=("x",)),
        TurnEnded(),
    )
    assert data[2:4] == [
        PermissionResolved(permission_id="p", action="act", status="reject", metadata={"a": 1}),
        QuestionResolved(question_id="q", prompt="why?", status="rejected", options=("x",)),
    ]


def test_a_request_is_made_and_resolved_once() -> None:
    asked = PermissionRequested(permission_id="p", action="act")
    answered = PermissionResolved(permission_id="p", action="act", status="accept")
    assert types(told(asked, asked, answered, answered, asked)) == ["permission.requested", "permission.resolved"]


def test_a_question_is_not_resolved_as_a_permission() -> None:
    asked = QuestionRequested(question_id="p", prompt="why?")
    assert types(told(asked, PermissionResolved(permission_id="p", action="act", status="accept"))) == [asked.TYPE]


@pytest.mark.parametrize(
    ("reason", "expected"), [("completed", "completed"), ("error", "error"), ("terminated", "terminated")]
)
def test_the_end_of_a_session_ends_its_turn(reason: str, expected: str) -> None:
    data = told(SessionEnded(reason=reason, terminated_by="daemon"))  # type: ignore[arg-type]
    assert data[0] == TurnEnded(turn_id="turn_1", reason=expected)  # type: ignore[arg-type]
    assert types(data) == ["turn.ended", "session.ended"]


def test_turns_are_numbered_unless_the_agent_names_them() -> None:
    data = told(TurnEnded(), TurnStarted(), TurnEnded(), TurnStarted(turn_id="mine"), TurnEnded(turn_id="other"))
    ended = [(each.turn_id, each.reason) for each in data if isinstance(each, TurnEnded)]
    assert ended == [("turn_1", "completed"), ("turn_2", "completed"), ("mine", "completed")]


def test_a_second_start_and_a_second_end_of_a_turn_say_nothing_new() -> None:
    assert types(told(TurnStarted(), TurnEnded(), TurnEnded())) == ["turn.ended"]


def test_data_of_a_type_nobody_knows_is_kept_as_unparsed() -> None:
    assert types(told(Unknown(data=1))) == ["agent.unparsed"]
