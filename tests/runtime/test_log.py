import asyncio
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_agent.runtime.log import BLOCK_BYTES, Log
from sandbox_agent.schema.events import AgentUnparsed, Event, SessionEnded, decode_event

pytestmark = pytest.mark.anyio


def write(log: Log, text: str = "x", raw: bytes | None = None) -> None:
    sequence = log.last + 1
    data = AgentUnparsed(error=text, location="test")
    event = Event(event_id=f"evt_{sequence}", sequence=sequence, time="t", session_id="s", type=data.TYPE, data=data)
    log.append(event, raw)


def filled(count: int, size: int = 10) -> Log:
    log = Log()
    for number in range(count):
        write(log, f"{number}:" + "x" * size, b'{"n":%d}' % number)
    return log


def read_all(log: Log, offset: int = 0, *, raw: bool = False, limit_bytes: int = BLOCK_BYTES) -> bytes:
    pieces: list[bytes] = []
    while True:
        piece, offset = log.sse(offset, raw=raw, limit_bytes=limit_bytes)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


async def test_a_frame_carries_its_sequence_as_id_and_the_event_as_data() -> None:
    frame, offset = filled(1).sse(0)
    head, data = frame.split(b"\n", 1)
    assert (head, offset) == (b"id: 1", 1)
    assert data.endswith(b"\n\n")
    assert decode_event(data.removeprefix(b"data: ")).sequence == 1


async def test_reading_from_every_offset_gives_the_same_bytes() -> None:
    log = filled(2_000, size=400)
    whole = read_all(log)
    frames = [frame + b"\n\n" for frame in whole.split(b"\n\n")[:-1]]
    assert len(frames) == 2_000
    rest = len(whole)
    for offset, frame in enumerate(frames):
        assert read_all(log, offset) == whole[len(whole) - rest :]
        rest -= len(frame)


async def test_reading_in_small_bites_gives_the_same_bytes() -> None:
    log = filled(500, size=300)
    assert read_all(log, limit_bytes=1_000) == read_all(log)


async def test_a_frame_over_the_limit_comes_alone_and_whole() -> None:
    log = Log()
    write(log)
    write(log, "y" * 100_000)
    write(log)
    sizes = []
    offset = 0
    while True:
        piece, following = log.sse(offset, limit_bytes=1_000)
        if not piece:
            break
        sizes.append((following - offset, len(piece) > 1_000))
        offset = following
    assert sizes == [(1, False), (1, True), (1, False)]


async def test_raw_is_null_unless_asked_for() -> None:
    log = filled(3)
    assert all(event["raw"] is None for event in msgspec.json.decode(log.page(0, None)[0]))
    assert [event["raw"] for event in msgspec.json.decode(log.page(0, None, raw=True)[0])] == [
        {"n": 0},
        {"n": 1},
        {"n": 2},
    ]
    assert b'"raw":{"n":2}' in read_all(log, raw=True)


async def test_raw_that_is_not_utf_8_does_not_break_the_json() -> None:
    log = Log()
    write(log, raw=b'{"a":"\xff"}')
    assert msgspec.json.decode(log.page(0, None, raw=True)[0])[0]["raw"] == {"a": "�"}


async def test_has_more_tells_only_that_the_limit_cut() -> None:
    log = filled(5)
    assert log.page(0, 0) == (b"[]", True)
    assert log.page(0, 5)[1] is False
    assert log.page(0, 4)[1] is True
    assert log.page(9, None) == (b"[]", False)
    assert log.page(5, 0) == (b"[]", False)


@given(st.lists(st.integers(0, 400_000), max_size=12), st.integers(0, 12), st.integers(0, 12))
async def test_a_page_is_the_slice_it_says(sizes: list[int], offset: int, limit: int) -> None:
    log = Log()
    for size in sizes:
        write(log, "z" * size)
    page, more = log.page(offset, limit)
    sequences = [event["sequence"] for event in msgspec.json.decode(page)]
    assert sequences == list(range(1, len(sizes) + 1))[offset : offset + limit]
    assert more is (len(sizes) > offset + limit)


async def test_find_gives_the_first_event_of_a_type_after_an_offset() -> None:
    log = filled(1_500, size=400)
    data = SessionEnded(reason="terminated", terminated_by="daemon")
    log.append(Event(event_id="e", sequence=1_501, time="t", session_id="s", type=data.TYPE, data=data), None)
    assert log.find(0, frozenset({"session.ended"})) == 1_501
    assert log.find(1_501, frozenset({"session.ended"})) is None
    assert log.ended


async def test_a_reader_that_waits_is_woken_and_one_that_left_is_forgotten() -> None:
    log = Log()
    first = asyncio.create_task(log.wait(0))
    second = asyncio.create_task(log.wait(0))
    await asyncio.sleep(0)
    second.cancel()
    write(log)
    log.wake()
    async with asyncio.timeout(5):
        await first
    with pytest.raises(asyncio.CancelledError):
        await second


async def test_a_slow_and_a_quick_reader_both_get_each_event_in_order() -> None:
    log = Log()
    done = asyncio.Event()

    async def follow(every: int) -> list[int]:
        offset, seen = 0, []
        while offset < 5_000:
            await log.wait(offset)
            if offset % every == 0 and not done.is_set():
                await done.wait()
            piece, following = log.sse(offset)
            seen += list(range(offset + 1, following + 1))
            assert piece.count(b"\n\n") == following - offset
            offset = following
        return seen

    readers = [asyncio.create_task(follow(every)) for every in (1, 10_000_000) for _ in range(10)]
    for number in range(5_000):
        write(log, str(number))
        if number % 100 == 0:
            log.wake()
            await asyncio.sleep(0)
    log.wake()
    done.set()
    async with asyncio.timeout(10):
        seen = await asyncio.gather(*readers)
    assert all(each == list(range(1, 5_001)) for each in seen)


async def test_closing_sends_every_reader_away() -> None:
    log = filled(1)
    readers = [asyncio.create_task(log.wait(1)) for _ in range(30)]
    await asyncio.sleep(0)
    log.close()
    async with asyncio.timeout(5):
        await asyncio.gather(*readers)
    assert log.closed


async def test_sequences_stay_whole_over_blocks() -> None:
    log = filled(3_000, size=1_000)
    sequences = [event["sequence"] for event in msgspec.json.decode(log.page(0, None)[0])]
    assert sequences[0] == 1
    assert all(after == before + 1 for before, after in pairwise(sequences))
