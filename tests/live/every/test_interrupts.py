"""A turn is interrupted in whatever state it is, and the session goes on, whichever agent it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from tests.live.daemon import PATIENCE

from sandbox_agent import (
    AsyncSession,
    Event,
    PermissionRequested,
    PermissionResolved,
    QuestionRequested,
    QuestionResolved,
    TurnEnded,
)
from sandbox_agent.schema.events import ItemDelta
from sandbox_agent.testing import say, stall

from .conftest import Stage

pytestmark = pytest.mark.anyio


async def interrupted(session: AsyncSession, when: Callable[[Event], bool]) -> list[Event]:
    """All events of a turn that is interrupted at an event."""
    async with asyncio.timeout(PATIENCE):
        turn = session.send("go")
        await turn
        async for event in session.stream():
            if event.type == "turn.ended":
                break
            if when(event):
                await session.interrupt()
        assert (await turn.wait()).reason == "interrupted"
    return list((await session.events()).events)


async def goes_on(stage: Stage, session: AsyncSession) -> None:
    stage.model.play([say("here again")])
    async with asyncio.timeout(PATIENCE):
        assert (await session.send("again").wait()).text == "here again"


@pytest.mark.proves("interrupt")
async def test_while_the_model_thinks(stage: Stage) -> None:
    session = await stage.session([[stall("never"), say("late")]])
    async with asyncio.timeout(PATIENCE):
        turn = session.send(f"unanswered {stage.place}")
        await turn
        await stage.model.wait_for_async(lambda request: request.prompt == f"unanswered {stage.place}", PATIENCE)
        await session.interrupt()
        assert (await turn.wait()).reason == "interrupted"
    await goes_on(stage, session)


@pytest.mark.proves("interrupt")
@pytest.mark.needs("streaming deltas")
async def test_while_text_streams(stage: Stage) -> None:
    session = await stage.session([[say(["half of ", "a sen"]), stall("never"), say("tence")]])
    events = await interrupted(session, lambda event: isinstance(event.data, ItemDelta))
    (said,) = (item for item in await session.messages() if item.role == "assistant")
    assert said.status == "failed"
    assert not [event for event in events if event.type == "error"]
    await goes_on(stage, session)


@pytest.mark.proves("interrupt")
@pytest.mark.needs("permissions")
async def test_while_a_permission_waits(stage: Stage) -> None:
    session = await stage.session([[stage.command("echo never > never.txt")]])
    events = await interrupted(session, lambda event: isinstance(event.data, PermissionRequested))
    assert [event.data.status for event in events if isinstance(event.data, PermissionResolved)] == ["reject"]
    assert isinstance(events[-1].data, TurnEnded)
    assert not (stage.place / "never.txt").exists()
    await goes_on(stage, session)


@pytest.mark.proves("interrupt")
@pytest.mark.needs("questions")
async def test_while_a_question_waits(stage: Stage) -> None:
    session = await stage.session([[stage.kind.ask()]])
    events = await interrupted(session, lambda event: isinstance(event.data, QuestionRequested))
    assert [event.data.status for event in events if isinstance(event.data, QuestionResolved)] == ["rejected"]
    await goes_on(stage, session)
