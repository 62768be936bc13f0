from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_agent.adapter.mending import CUT, DEEPEST, flattened, mended, written
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.content import Item, JsonPart, TextPart
from sandbox_agent.schema.events import ItemCompleted


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (rb'"a \ud83d b"', "a \ufffd b"),
        (rb'"\uDE00"', "\ufffd"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (rb'"\ud83d\ude00\ude00"', "\U0001f600\ufffd"),
        (rb'"\\ud83d \"\\"', '\\ud83d "\\'),
        (b'"a \xf0\x9f b"', "a \ufffd b"),
    ],
)
def test_half_characters_become_the_sign_for_one_that_is_not_known(line: bytes, value: str) -> None:
    assert msgspec.json.decode(mended(line)) == value


@given(st.text(alphabet=st.characters(codec=None), max_size=40))
def test_whatever_javascript_may_write_can_be_read(text: str) -> None:
    line = json.dumps(text).encode()
    value = msgspec.json.decode(mended(line))
    assert value == json.loads(line).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@given(st.text())
def test_what_can_be_read_stays_as_it_is(text: str) -> None:
    for line in (json.dumps(text).encode(), json.dumps(text, ensure_ascii=False).encode()):
        assert mended(line) == line


NESTED: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


def deep(levels: int) -> bytes:
    return b'{"a":[' * (levels // 2) + b'"]{\\""' + b"]}" * (levels // 2)


@pytest.mark.parametrize("levels", [2, DEEPEST])
def test_what_is_not_nested_too_deeply_stays_as_it_is(levels: int) -> None:
    line = b"[" + deep(levels - 2) + b', "' + b"[{" * DEEPEST + b'"]'
    assert flattened(line) == line


@given(NESTED)
def test_what_people_nest_stays_as_it_is(value: Any) -> None:
    line = json.dumps([value] * (DEEPEST + 1)).encode()
    assert flattened(line) == line


@pytest.mark.parametrize("levels", [DEEPEST + 2, 10 * DEEPEST, 1_000_000])
def test_what_is_nested_too_deeply_is_cut_where_it_is(levels: int) -> None:
    line = b'{"before":1,"deep":[%b,%b],"after":[2]}' % (deep(levels), deep(levels))
    value = msgspec.json.decode(flattened(line))
    assert (value["before"], value["after"]) == (1, [2])
    for inner in value["deep"]:
        depth = 2
        while not isinstance(inner, str):
            (inner,) = inner if isinstance(inner, list) else inner.values()  # noqa: PLW2901 - one level down
            depth += 1
        assert (inner, depth) == (CUT, DEEPEST)


def test_a_line_that_ends_in_the_middle_is_not_made_a_whole_one() -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(flattened(b"[" * (2 * DEEPEST)))


@given(NESTED)
def test_a_value_that_can_be_written_stays_the_same(value: Any) -> None:
    assert written(value) == encode(value)


def test_of_a_value_that_cannot_be_written_there_is_what_can() -> None:
    bottom: list[Any] = []
    for _ in range(2000):
        bottom = [bottom]
    parts = (JsonPart(json={"odd": object, "half": "a \ud83d", "deep": bottom, 1: (2,)}), TextPart(text="kept"))
    item = Item(item_id="i", kind="status", status="completed", content=parts)
    value = msgspec.json.decode(written(ItemCompleted(item=item)))["item"]
    assert value["item_id"] == "i"
    assert value["content"][1] == {"type": "text", "text": "kept"}
    told = value["content"][0]["json"]
    assert told.keys() == {"odd", "half", "deep", "1"}
    assert (told["odd"], told["half"], told["1"]) == (str(object), "a \ufffd", [2])
    assert CUT.encode() in encode(told["deep"])
