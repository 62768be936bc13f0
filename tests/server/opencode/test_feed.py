from __future__ import annotations

import asyncio

import pytest

from sandbox_agent.server.opencode import feed as feeds
from sandbox_agent.server.opencode.feed import ENTRIES, Feed
from sandbox_agent.server.opencode.shapes import News

pytestmark = pytest.mark.anyio


async def test_the_feed_keeps_so_many_and_numbers_go_on() -> None:
    feed = Feed()
    for number in range(ENTRIES + 10):
        feed.add(News("a", {"n": number}))
    assert (feed.first, feed.last) == (11, ENTRIES + 10)
    assert [each.number for each in feed.after(0, 2)] == [11, 12]
    assert [each.number for each in feed.after(20, 2)] == [21, 22]
    assert feed.after(feed.last) == []


async def test_the_feed_is_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "_BYTES", 1000)
    feed = Feed()
    for _ in range(20):
        feed.add(News("a", {"text": "x" * 200}))
    assert 1 <= len(feed.after(0)) <= 5
    feed.add(News("a", {"text": "x" * 5000}))
    assert [each.number for each in feed.after(0)] == [21]


async def test_who_waits_is_woken() -> None:
    feed = Feed()
    waiting = asyncio.create_task(feed.more(0))
    await asyncio.sleep(0)
    assert not waiting.done()
    feed.add(News("a", {}))
    async with asyncio.timeout(30):
        await waiting
