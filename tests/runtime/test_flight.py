from __future__ import annotations

import asyncio

import pytest

from sandbox_agent.runtime.flight import Flights

pytestmark = pytest.mark.anyio


async def test_calls_of_one_key_are_one() -> None:
    flights: Flights[int] = Flights()
    gate, done = asyncio.Event(), 0

    async def work() -> int:
        nonlocal done
        await gate.wait()
        done += 1
        return done

    async with asyncio.timeout(5):
        calls = [asyncio.create_task(flights.join("a", work)) for _ in range(3)]
        other = asyncio.create_task(flights.join("b", work))
        await asyncio.sleep(0)
        gate.set()
        assert await asyncio.gather(*calls) == [1, 1, 1]
        assert await other == 2
        assert await flights.join("a", work) == 3


async def test_a_failure_reaches_all_and_is_not_kept() -> None:
    flights: Flights[int] = Flights()

    async def fail() -> int:
        raise ValueError

    async def succeed() -> int:
        return 1

    async with asyncio.timeout(5):
        results = await asyncio.gather(*(flights.join("a", fail) for _ in range(2)), return_exceptions=True)
        assert [type(result) for result in results] == [ValueError, ValueError]
        assert await flights.join("a", succeed) == 1


async def test_work_is_cancelled_only_by_the_last_who_leaves() -> None:
    flights: Flights[None] = Flights()
    started, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with asyncio.timeout(5):
        first, second = (asyncio.create_task(flights.join("a", work)) for _ in range(2))
        await started.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert not ended.is_set()
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        await ended.wait()


async def test_who_comes_after_the_last_has_left_starts_anew() -> None:
    flights: Flights[str] = Flights()

    async def never() -> str:
        await asyncio.Event().wait()
        return "old"

    async def again() -> str:
        return "new"

    async with asyncio.timeout(5):
        left = asyncio.create_task(flights.join("a", never))
        await asyncio.sleep(0)
        left.cancel()
        with pytest.raises(asyncio.CancelledError):
            await left
        assert await flights.join("a", again) == "new"
        assert await flights.join("a", again) == "new"
