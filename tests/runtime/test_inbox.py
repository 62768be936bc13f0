from __future__ import annotations

import asyncio

import pytest

from sandbox_agent.adapter import Exited
from sandbox_agent.runtime.inbox import HIGH_WATER, Entry, Gone, Inbox, Lines, Overdue

pytestmark = pytest.mark.anyio


def lines(size: int) -> Lines:
    return Lines(1, [b"x"], size)


async def test_entries_come_out_in_the_order_they_went_in() -> None:
    inbox = Inbox()
    entries: list[Entry] = [lines(1), Gone(1, Exited()), Overdue("turn_1"), lines(2)]
    for entry in entries:
        inbox.put(entry)
    assert [await inbox.get() for _ in entries] == entries


async def test_a_reader_waits_for_what_comes() -> None:
    inbox = Inbox()
    for size in (1, 2):
        reading = asyncio.create_task(inbox.get())
        await asyncio.sleep(0)
        assert not reading.done()
        inbox.put(lines(size))
        async with asyncio.timeout(5):
            assert await reading == lines(size)


async def test_a_reader_that_gives_up_takes_nothing_with_it() -> None:
    inbox = Inbox()
    reading = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    reading.cancel()
    inbox.put(lines(1))
    await asyncio.gather(reading, return_exceptions=True)
    async with asyncio.timeout(5):
        assert await inbox.get() == lines(1)


async def test_it_is_full_above_the_mark_and_low_only_well_below() -> None:
    inbox = Inbox()
    quarter = HIGH_WATER // 4
    for _ in range(4):
        inbox.put(lines(quarter))
    assert not inbox.full
    inbox.put(lines(1))
    assert inbox.full
    seen: list[tuple[bool, bool]] = []
    for _ in range(5):
        await inbox.get()
        seen.append((inbox.full, inbox.low))
    assert seen == [(False, False), (False, False), (False, False), (False, True), (False, True)]


async def test_only_what_the_agent_says_counts() -> None:
    inbox = Inbox()
    for number in range(10_000):
        inbox.put(Overdue(str(number)))
    assert not inbox.full
    assert inbox.low


async def test_draining_takes_all_and_leaves_room() -> None:
    inbox = Inbox()
    entries: list[Entry] = [lines(HIGH_WATER + 1), Gone(1, Exited())]
    for entry in entries:
        inbox.put(entry)
    assert inbox.drain() == entries
    assert (inbox.full, inbox.low) == (False, True)
    assert inbox.drain() == []
    inbox.put(lines(1))
    async with asyncio.timeout(5):
        assert await inbox.get() == lines(1)
