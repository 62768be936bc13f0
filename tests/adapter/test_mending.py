from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_agent.adapter.mending import mended


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
