from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_agent.schema.content import (
    ContentPart,
    ImagePart,
    Item,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    streamed_text,
    with_streamed_text,
)

texts = st.sampled_from(["", " ", "a", "a ", "b"])
parts = st.one_of(
    st.builds(TextPart, text=texts),
    st.builds(ReasoningPart, text=texts),
    st.builds(ToolCallPart, name=st.just("n"), arguments=texts, call_id=st.just("c")),
    st.builds(ToolResultPart, call_id=st.just("c"), output=texts),
    st.just(ImagePart(path="p")),
)


def item(*content: ContentPart) -> Item:
    return Item(item_id="itm_1", kind="message", content=content)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ((), ""),
        ((ImagePart(path="p"),), ""),
        ((TextPart(text="a"), ReasoningPart(text="r"), TextPart(text="b")), "a\nb"),
        ((ReasoningPart(text="r"), ImagePart(path="p")), "r"),
        ((ToolResultPart(call_id="c", output="o"), ReasoningPart(text="r")), "r"),
        ((ToolCallPart(name="n", arguments="{}", call_id="c"),), "{}"),
    ],
)
def test_the_streamed_text_is_what_the_item_is_mostly_about(content: tuple[ContentPart, ...], text: str) -> None:
    assert streamed_text(item(*content)) == text


@given(st.lists(parts, max_size=4), texts.filter(bool))
def test_an_item_closed_with_a_text_has_that_text(content: list[ContentPart], text: str) -> None:
    closed = with_streamed_text(item(*content), text, "failed")
    assert (streamed_text(closed), closed.status) == (text, "failed")


@given(st.lists(parts, max_size=4))
def test_an_item_closed_without_a_text_keeps_its_content(content: list[ContentPart]) -> None:
    assert with_streamed_text(item(*content), "", "completed").content == tuple(content)
