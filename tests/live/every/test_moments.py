"""An interrupt or an end that comes at an awkward moment leaves nothing hanging and nothing running."""

from __future__ import annotations

import asyncio
import signal

import pytest
from tests.live.daemon import PATIENCE, gone, there

from sandbox_agent import AsyncSession, PermissionRequested, TurnEnded
from sandbox_agent.testing import say, stall

from .conftest import Stage
from .test_control import waiting
from .test_faults import agents

pytestmark = pytest.mark.anyio


async def goes_on(stage: Stage, session: AsyncSession) -> None:
    stage.model.play([say("here again")])
    async with asyncio.timeout(PATIENCE):
        again = await session.send("again").wait()
    assert (again.reason, again.text) == ("completed", "here again"), again.errors


async def test_an_interrupt_before_the_agent_has_heard_of_the_message_and_a_second_one(stage: Stage) -> None:
    session = await stage.session([say("unwanted")] * 3)
    async with asyncio.timeout(PATIENCE):
        for _ in range(3):
            turn = session.send("go")
            await turn
            await session.interrupt()
            await session.interrupt()
            assert (await turn.wait()).reason in ("interrupted", "completed")
    await goes_on(stage, session)


async def test_an_interrupt_reaches_an_agent_that_stands_still(stage: Stage) -> None:
    session = await stage.session([[stage.command(waiting(stage))]], permission_mode="bypass")
    async with asyncio.timeout(PATIENCE):
        turn = session.send("go")
        await turn
        await there(f"{stage.place}/go")
        for agent in agents(stage):
            agent.send_signal(signal.SIGSTOP)
        await session.interrupt()
        assert (await turn.wait()).reason == "interrupted"
        await gone(f"{stage.place}/go")
    await goes_on(stage, session)


async def test_an_end_reaches_an_agent_that_stands_still(stage: Stage) -> None:
    session = await stage.session([[stage.command(waiting(stage))]], permission_mode="bypass")
    async with asyncio.timeout(PATIENCE):
        await session.send("go")
        await there(f"{stage.place}/go")
        for agent in agents(stage):
            agent.send_signal(signal.SIGSTOP)
        await session.terminate()
        await gone(f"{stage.place}/go")
        events = (await session.events()).events
    assert [event.data.reason for event in events if isinstance(event.data, TurnEnded)] == ["terminated"]
    assert events[-1].type == "session.ended"


async def test_a_session_that_is_deleted_in_mid_turn_makes_room_for_another_of_its_name(stage: Stage) -> None:
    session = await stage.session([[stage.command(waiting(stage))], stall("never")], permission_mode="bypass")
    async with asyncio.timeout(PATIENCE):
        await session.send("go")
        await there(f"{stage.place}/go")
        await session.delete()
        await gone(f"{stage.place}/go")
        stage.forget(session)
        again = await stage.session([say("another")], name=session.id)
        assert (await again.send("hello").wait()).text == "another"
        assert "go" not in stage.model.requests[-1].prompts


async def test_a_session_that_ends_while_a_permission_waits_rejects_it(stage: Stage) -> None:
    session = await stage.session([[stage.command("echo never > never.txt")]])
    async with asyncio.timeout(PATIENCE):
        await session.send("go")
        async for event in session.stream():
            if isinstance(event.data, PermissionRequested):
                await session.terminate()
        events = (await session.events()).events
    last = [event.type for event in events if event.type in ("permission.resolved", "turn.ended", "session.ended")]
    assert last == ["permission.resolved", "turn.ended", "session.ended"]
    assert not (stage.place / "never.txt").exists()
