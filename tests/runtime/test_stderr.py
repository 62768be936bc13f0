from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_agent.adapter import Log
from sandbox_agent.runtime.stderr import StderrRing
from sandbox_agent.schema.events import StderrTail


def numbered(count: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(1, count + 1))


def test_silence_is_none() -> None:
    ring = StderrRing()
    ring.feed(b"")
    ring.feed(b"\n \r\n")
    assert ring.tail() is None


@pytest.mark.parametrize("count", [1, 20, 21, 70])
def test_up_to_seventy_lines_are_all_in_the_head(count: int) -> None:
    ring = StderrRing()
    ring.feed(numbered(count))
    assert ring.tail() == StderrTail(truncated=False, head=numbered(count).decode().rstrip(), total_lines=count)


@pytest.mark.parametrize("count", [71, 500])
def test_of_more_the_first_twenty_and_the_last_fifty_are_kept(count: int) -> None:
    ring = StderrRing()
    ring.feed(numbered(count))
    tail = ring.tail()
    assert tail is not None
    assert tail.truncated
    assert tail.total_lines == count
    assert tail.head == "\n".join(f"line {number}" for number in range(1, 21))
    assert tail.tail == "\n".join(f"line {number}" for number in range(count - 49, count + 1))


@pytest.mark.parametrize("letter", ["x", "ä", "€", "𝄞"])
def test_long_lines_are_cut_at_500_characters(letter: str) -> None:
    ring = StderrRing()
    ring.feed((letter * 500 + "\n" + letter * 501 + "\n" + letter * 100_000).encode())
    tail = ring.tail()
    assert tail is not None
    assert tail.head is not None
    assert tail.head.split("\n") == [letter * 500, letter * 500 + "...", letter * 500 + "..."]


def test_utf_8_may_be_cut_at_every_byte() -> None:
    text = "aä€𝄞\u2028z"
    data = f"{text}\n{text}".encode()
    for cut in range(len(data) + 1):
        ring = StderrRing()
        ring.feed(data[:cut])
        ring.feed(data[cut:])
        assert ring.tail() == StderrTail(truncated=False, head=f"{text}\n{text}", total_lines=2)


def test_bytes_that_are_no_text_are_replaced() -> None:
    ring = StderrRing()
    ring.feed(b"a\xffb\n")
    assert ring.tail() == StderrTail(truncated=False, head="a\ufffdb", total_lines=1)


def test_a_note_does_not_cut_an_unfinished_line_in_two() -> None:
    ring = StderrRing()
    ring.feed(b"one ")
    ring.note(b"from elsewhere")
    ring.feed(b"line\n")
    assert ring.tail() == StderrTail(truncated=False, head="from elsewhere\none line", total_lines=2)


def test_space_is_bounded_whatever_is_said() -> None:
    ring = StderrRing()
    tracemalloc.start()
    for _ in range(200):
        ring.feed(b"x" * 262_144)
    for _ in range(200):
        ring.feed(b"\n" + b"y" * 1000)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 200_000
    tail = ring.tail()
    assert tail is not None
    assert tail.total_lines == 201


LOG = Log(begins=b"{log", tells=(b"lost",))


@given(st.lists(st.sampled_from([b"{log a", b"{log lost", b"oh lost", b"no"])), st.integers(1, 9))
def test_records_of_the_log_are_not_kept_and_only_those_that_tell_are_heard(lines: list[bytes], size: int) -> None:
    heard: list[bytes] = []
    ring = StderrRing(LOG, heard.append)
    said = b"\n".join(lines)
    for start in range(0, len(said), size):
        ring.feed(said[start : start + size])
    tail = ring.tail()
    assert heard == [line for line in lines if line == b"{log lost"]
    assert (tail.total_lines if tail else 0) == sum(not line.startswith(b"{log") for line in lines)


def test_space_is_bounded_when_a_record_has_no_end() -> None:
    heard: list[bytes] = []
    ring = StderrRing(LOG, heard.append)
    ring.feed(b"{log lost ")
    for _ in range(100):
        ring.feed(b"x" * 10_000)
    ring.feed(b"\n")
    assert [len(line) < 5_000 for line in heard] == [True]
    assert ring.tail() is None
