from __future__ import annotations

from sandbox_agent.schema.content import Item, JsonPart, ReasoningPart, TextPart, ToolCallPart
from sandbox_agent.schema.events import ItemCompleted, ItemDelta
from sandbox_agent.schema.grammar import check

from .said import DONE, Chat, calls, says, streams


def items(chat: Chat) -> list[Item]:
    check(chat.events)
    found = [event.data.item for event in chat.events if isinstance(event.data, ItemCompleted)]
    return [item for item in found if item.role == "assistant"]


def begin(message_id: str = "m1") -> dict[str, object]:
    return streams("message_start", message={"id": message_id})


def start(index: int, **block: object) -> dict[str, object]:
    return streams("content_block_start", index=index, content_block=block)


def delta(index: int, **fields: object) -> dict[str, object]:
    return streams("content_block_delta", index=index, delta=fields)


def test_a_block_streams_and_its_line_finishes_it() -> None:
    chat = Chat()
    chat.started()
    chat.hear(begin(), start(0, type="text", text=""), delta(0, text="Hel"), delta(0, text="lo"))
    chat.hear(says("Hello"), streams("content_block_stop", index=0), DONE)
    (item,) = items(chat)
    assert (item.native_item_id, item.content, item.status) == ("m1:0", (TextPart(text="Hello"),), "completed")
    assert [event.data.delta for event in chat.events if isinstance(event.data, ItemDelta)] == ["Hel", "lo"]


def test_two_blocks_of_a_kind_are_finished_in_order() -> None:
    chat = Chat()
    chat.started()
    chat.hear(begin(), start(0, type="text", text=""), delta(0, text="one"), says("one"))
    chat.hear(start(1, type="text", text=""), delta(1, text="two"), says("two"), DONE)
    assert [(item.native_item_id, item.content) for item in items(chat)] == [
        ("m1:0", (TextPart(text="one"),)),
        ("m1:1", (TextPart(text="two"),)),
    ]


def test_a_block_that_ends_without_its_line_has_what_was_streamed() -> None:
    chat = Chat()
    chat.started()
    chat.hear(begin(), start(0, type="thinking", thinking=""), delta(0, thinking="hm"))
    chat.hear(streams("content_block_stop", index=0))
    (item,) = items(chat)
    assert item.content == (ReasoningPart(text="hm"),)


def test_a_line_after_the_end_of_its_block_is_not_a_second_item() -> None:
    chat = Chat()
    chat.started()
    chat.hear(begin(), start(0, type="text", text=""), delta(0, text="hi"), streams("content_block_stop", index=0))
    chat.hear(says("hi"), DONE)
    assert len(items(chat)) == 1


def test_what_a_broken_stream_began_is_failed_when_the_message_begins_again() -> None:
    chat = Chat()
    chat.started()
    chat.hear(begin("m1"), start(0, type="text", text=""), delta(0, text="hal"))
    chat.hear(begin("m2"), start(0, type="text", text=""), delta(0, text="whole"), says("whole", "m2"), DONE)
    assert [(item.status, item.content) for item in items(chat)] == [
        ("failed", (TextPart(text="hal"),)),
        ("completed", (TextPart(text="whole"),)),
    ]


def test_a_message_that_comes_whole_after_a_broken_stream_takes_its_place() -> None:
    chat = Chat()
    chat.started()
    chat.hear(begin("m1"), start(0, type="text", text=""), delta(0, text="hal"), says("whole", "m2"), DONE)
    assert [(item.status, item.content) for item in items(chat)] == [
        ("failed", (TextPart(text="hal"),)),
        ("completed", (TextPart(text="whole"),)),
    ]


def test_a_call_appears_when_it_begins_and_has_its_arguments_at_the_end() -> None:
    chat = Chat()
    chat.started()
    chat.hear(begin(), start(0, type="tool_use", id="t1", name="Bash"))
    assert chat.types[-1] == "item.started"
    chat.hear(calls("Bash", {"command": "ls"}), DONE)
    (item,) = items(chat)
    assert item.content == (ToolCallPart(name="Bash", arguments='{"command":"ls"}', call_id="t1"),)


def test_messages_that_were_not_streamed_come_whole() -> None:
    chat = Chat()
    chat.started()
    chat.hear(says("one", "x"), says("two", "x"), says("inner", "y", parent="t9"), DONE)
    assert [item.native_item_id for item in items(chat)] == ["x:0", "x:1", "y:0"]


def test_blocks_nobody_knows_are_kept_as_they_are() -> None:
    chat = Chat()
    chat.started()
    odd = {"type": "hologram", "id": "h1", "text": "boo"}
    hidden = {"type": "redacted_thinking", "data": "xyz"}
    chat.hear({"type": "assistant", "message": {"id": "m", "content": [odd, hidden]}}, DONE)
    first, second = items(chat)
    assert isinstance(first.content[0], JsonPart)
    assert first.content[0].json["type"] == "hologram"
    assert second.content == (ReasoningPart(text="", visibility="private"),)
