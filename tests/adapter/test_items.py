from __future__ import annotations

from sandbox_agent.adapter.items import Items
from sandbox_agent.schema.content import TextPart


def test_a_native_id_has_one_item_id() -> None:
    items = Items()
    assert [items.id_of("a"), items.id_of("b"), items.id_of("a")] == ["itm_1", "itm_2", "itm_1"]


def test_without_a_native_id_each_item_is_a_new_one() -> None:
    items = Items()
    assert items.id_of(None) != items.id_of(None)


def test_start_delta_and_completion_belong_to_one_item() -> None:
    items = Items()
    started = items.start("a", "message", "assistant")
    delta = items.delta("a", "hi")
    completed = items.complete("a", "message", "assistant", [TextPart(text="hi")])
    assert started.item.item_id == delta.item_id == completed.item.item_id
    assert (started.item.status, completed.item.status) == ("in_progress", "completed")
    assert delta.native_item_id == "a"


def test_a_parent_is_named_by_its_item_id_once_it_is_known() -> None:
    items = Items()
    assert items.start("child", "message", "assistant", parent="call").item.parent_id is None
    call = items.start("call", "tool_call", "assistant").item
    assert items.start("late child", "message", "assistant", parent="call").item.parent_id == call.item_id
