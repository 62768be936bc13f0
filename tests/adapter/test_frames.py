from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_agent.adapter.frames import LineSplitter, LineTooLong, SseDecoder, SseFrame

BREAKS = "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e"
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
TEXT = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from(BREAKS)), max_size=20)


def chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:stop] for start, stop in itertools.pairwise(edges)]


def split(parts: list[bytes], limit: int = 1000) -> list[bytes | LineTooLong]:
    splitter = LineSplitter(limit)
    return [line for part in parts for line in splitter.feed(part)] + splitter.flush()


def frames(parts: list[bytes]) -> list[SseFrame]:
    decoder = SseDecoder()
    return [frame for part in parts for frame in decoder.feed(part)]


@given(st.lists(TEXT), st.lists(st.integers(0, 10_000)), st.booleans())
def test_lines_are_the_same_wherever_the_stream_is_cut(values: list[str], cuts: list[int], crlf: bool) -> None:
    lines = [json.dumps({"text": value}, ensure_ascii=False).encode() for value in values]
    data = b"".join(line + (b"\r\n" if crlf else b"\n") for line in lines)
    assert split(chunks(data, cuts)) == lines
    assert split([data[index : index + 1] for index in range(len(data))]) == lines


@given(st.binary(max_size=200), st.lists(st.integers(0, 10_000)), st.integers(0, 20))
def test_any_bytes_give_the_same_lines_wherever_they_are_cut(data: bytes, cuts: list[int], limit: int) -> None:
    assert split(chunks(data, cuts), limit) == split([data], limit)


def test_the_last_line_needs_no_end() -> None:
    assert split([b'{"a":1}\n{"b"', b":2}"]) == [b'{"a":1}', b'{"b":2}']


def test_empty_lines_are_left_out() -> None:
    assert split([b"\n\r\n\na\n\n"]) == [b"a"]


@pytest.mark.parametrize("size", [4, 64])
def test_a_line_over_the_limit_is_reported_and_the_next_one_is_whole(size: int) -> None:
    data = b"1234\n" + b"x" * 65 + b"\nafter\n"
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    assert split(parts, 64) == [b"1234", LineTooLong(size=65), b"after"]


def test_a_line_as_long_as_the_limit_is_kept() -> None:
    assert split([b"x" * 64 + b"\n"], 64) == [b"x" * 64]


def test_an_unfinished_line_over_the_limit_is_reported_at_the_end() -> None:
    assert split([b"x" * 10] * 10, 64) == [LineTooLong(size=100)]


@given(st.lists(TEXT.filter(lambda text: "\n" not in text and "\r" not in text)), st.lists(st.integers(0, 9999)), ENDS)
def test_events_are_the_same_wherever_the_stream_is_cut(values: list[str], cuts: list[int], end: bytes) -> None:
    expected = [SseFrame(data=value.encode(), id=str(number)) for number, value in enumerate(values)]
    data = b"".join(b"id: %b%bdata: %b%b%b" % (f.id.encode(), end, f.data, end, end) for f in expected if f.id)
    assert frames(chunks(data, cuts)) == expected
    assert frames([data[index : index + 1] for index in range(len(data))]) == expected


@given(st.text(alphabet=st.sampled_from("d:a \r\n\0iev\ufeff"), max_size=60), st.lists(st.integers(0, 10_000)))
def test_any_bytes_give_the_same_events_wherever_they_are_cut(text: str, cuts: list[int]) -> None:
    data = text.replace("d", "data").replace("i", "id").replace("e", "event").encode()
    assert frames(chunks(data, cuts)) == frames([data])


def test_data_over_several_lines_is_joined() -> None:
    assert frames([b"data: one\ndata: two\n\n"]) == [SseFrame(data=b"one\ntwo")]


def test_an_id_holds_until_the_next_one_but_an_event_name_does_not() -> None:
    stream = b"id: 7\nevent: a\ndata: x\n\ndata: y\n\n"
    assert frames([stream]) == [SseFrame(data=b"x", id="7", event="a"), SseFrame(data=b"y", id="7")]


def test_comments_and_unknown_fields_are_skipped() -> None:
    assert frames([b": keep-alive\n\nretry: 5\nfoo\ndata:x\n\n"]) == [SseFrame(data=b"x")]


def test_a_byte_order_mark_before_the_first_line_is_skipped() -> None:
    assert frames([b"\xef\xbb", b"\xbfdata: x\n\n"]) == [SseFrame(data=b"x")]


def test_an_unfinished_event_is_not_delivered() -> None:
    assert frames([b"data: x\n"]) == []


def test_a_huge_line_in_small_chunks_is_not_copied_for_each_chunk() -> None:
    decoder, chunk = SseDecoder(), b"x" * 64
    decoder.feed(b"data: ")
    for _ in range(200_000):
        decoder.feed(chunk)
    (frame,) = decoder.feed(b"\n\n")
    assert len(frame.data) == 64 * 200_000
