"""What events add up to, event by event."""

from __future__ import annotations

from sandbox_agent import (
    Delivered,
    Event,
    EventData,
    Item,
    ItemCompleted,
    ItemDelta,
    ItemStarted,
    SessionEnded,
    TextPart,
    Transcript,
    TurnEnded,
    TurnStarted,
)
from sandbox_agent.client.turns import TurnReader


def log(*said: EventData) -> list[Event]:
    return [
        Event(event_id=f"evt_{number}", sequence=number, time="t", session_id="s", type=type(each).TYPE, data=each)
        for number, each in enumerate(said, 1)
    ]


def item(item_id: str, text: str = "", status: str = "in_progress", role: str = "assistant") -> Item:
    content = (TextPart(text=text),) if text else ()
    return Item(item_id=item_id, kind="message", role=role, status=status, content=content)  # type: ignore[arg-type]


def texts(transcript: Transcript) -> list[str]:
    return ["".join(part.text for part in each.content if isinstance(part, TextPart)) for each in transcript.items]


ANSWER = (
    TurnStarted(turn_id="turn_1", message_id="m1"),
    ItemStarted(item=item("itm_1")),
    ItemDelta(item_id="itm_1", delta="Hel"),
    ItemDelta(item_id="itm_1", delta="lo"),
    ItemCompleted(item=item("itm_1", "Hello", "completed")),
    TurnEnded(turn_id="turn_1", reason="completed"),
)


def test_a_transcript_shows_an_item_as_far_as_it_is_said() -> None:
    transcript, shown = Transcript(), []
    for event in log(*ANSWER):
        transcript.feed(event)
        shown.append(texts(transcript))
    assert shown == [[], [""], ["Hel"], ["Hello"], ["Hello"], ["Hello"]]
    assert transcript.items[0].status == "completed"


def test_items_keep_the_order_in_which_they_began() -> None:
    transcript = Transcript()
    first, second = item("itm_1"), item("itm_2")
    done = [ItemCompleted(item=item(each, each, "completed")) for each in ("itm_2", "itm_1")]
    for event in log(ItemStarted(item=first), ItemStarted(item=second), *done):
        transcript.feed(event)
    assert texts(transcript) == ["itm_1", "itm_2"]


def test_a_reader_takes_the_events_of_its_own_turn() -> None:
    reader = TurnReader(Delivered(message_id="m1", delivery="queued", offset=0))
    other = (TurnStarted(turn_id="turn_0", message_id="m0"), TurnEnded(turn_id="turn_0", reason="completed"))
    taken = [event.sequence for event in log(*other, *ANSWER) if reader.take(event)]
    assert taken == [3, 4, 5, 6, 7, 8]
    assert reader.done
    assert (reader.result.reason, reader.result.text) == ("completed", "Hello")


def test_a_message_that_was_steered_into_a_turn_is_part_of_it_at_once() -> None:
    reader = TurnReader(Delivered(message_id="m2", delivery="steered", offset=2))
    assert all(reader.take(event) for event in log(*ANSWER)[2:])
    assert reader.done


def test_a_session_that_ends_ends_every_turn() -> None:
    reader = TurnReader(Delivered(message_id="m1", delivery="started", offset=0))
    for event in log(*ANSWER[:3], SessionEnded(reason="terminated", terminated_by="daemon")):
        reader.take(event)
    assert (reader.done, reader.result.reason, reader.result.text) == (True, "terminated", "Hel")
