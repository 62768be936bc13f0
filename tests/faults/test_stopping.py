"""The daemon is asked to stop in the middle of everything."""

from __future__ import annotations

import asyncio
import contextlib
import signal

import pytest

from .house import STOPS, Build, Watch

pytestmark = pytest.mark.anyio

LIMIT = 10.0
"""Seconds: a stop may take 5, and the machine may be busy."""
READY = "block = Block(); block.say(f'{children(bare=True)} ready')"


@pytest.mark.parametrize("number", STOPS)
async def test_a_stop_with_running_agents_and_open_streams(build: Build, number: signal.Signals) -> None:
    house = build()
    async with contextlib.AsyncExitStack() as stack:
        talks = [await stack.enter_async_context(house.talk()) for _ in range(4)]
        codes = ("deaf()", "deaf(signal.SIGTERM, signal.SIGINT)", "tool(command='x'); deaf()", "ask()")
        watches: list[Watch] = []
        for talk, code in zip(talks, codes, strict=True):
            await talk.send(f"{READY}; {code}")
            pids = (await talk.hears(" ready")).removesuffix(" ready").strip("[]").split(",")
            watches.append(Watch(*map(int, pids)))
        house.process.send_signal(number)
        async with asyncio.timeout(LIMIT):
            assert await house.stopped() == 0
        for talk in talks:
            async with asyncio.timeout(LIMIT):
                await talk.closed.wait()
            assert [event.type for event in talk.events[-2:]] == ["turn.ended", "session.ended"]
        await house.empty()
        for watch in watches:
            assert watch.alive == []
        assert house.log.read_text() == ""


async def test_a_second_signal_ends_at_once_and_leaves_nothing(build: Build) -> None:
    house = build()
    async with house.talk() as talk:
        await talk.send(f"{READY}; deaf(signal.SIGTERM, signal.SIGINT)")
        await talk.hears(" ready")
        house.process.send_signal(signal.SIGTERM)
        house.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(LIMIT):
            assert await house.stopped() == 0
        await talk.closed.wait()
        await house.empty()


async def test_a_stop_while_an_agent_starts(build: Build) -> None:
    house = build()
    place = house.home / "slow"
    place.mkdir()
    (place / "start.py").write_text("deaf(signal.SIGTERM)")
    async with house.talk(place) as talk:
        await talk.send("say('never')")
        house.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(LIMIT):
            assert await house.stopped() == 0
        await house.empty()


async def test_a_stop_at_rest_is_quick_and_says_goodbye(build: Build) -> None:
    house = build()
    async with house.talk() as talk:
        await talk.turn("say('done')")
        house.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(LIMIT):
            assert await house.stopped() == 0
            await talk.closed.wait()
        assert talk.events[-1].type == "session.ended"
        await house.empty()
