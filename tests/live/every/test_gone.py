"""The working directory is taken away: no turn hangs, and the session goes on when it is back."""

from __future__ import annotations

import asyncio
import shutil

import pytest
from tests.live.daemon import PATIENCE

from sandbox_agent import AsyncSession, TurnResult
from sandbox_agent.testing import say

from .conftest import Stage

pytestmark = pytest.mark.anyio


async def told(session: AsyncSession, text: str) -> TurnResult:
    async with asyncio.timeout(PATIENCE):
        return await session.send(text).wait()


async def goes_on(stage: Stage, session: AsyncSession) -> None:
    """With the directory there again, the next message is answered."""
    stage.place.mkdir()
    stage.model.play([say("here again")])
    again = await told(session, "again")
    assert (again.reason, again.text) == ("completed", "here again"), again.errors


def ended_well_or_said_why(result: TurnResult, place: str) -> bool:
    """Some agents need the folder for a turn, others only for a command."""
    if result.reason == "completed":
        return True
    return result.reason == "error" and any(place in error.message for error in result.errors)


async def test_a_directory_that_goes_away_between_two_turns_hangs_none(stage: Stage) -> None:
    session = await stage.session([say("one"), say("two")])
    assert (await told(session, "first")).text == "one"
    shutil.rmtree(stage.place)
    assert ended_well_or_said_why(await told(session, "second"), str(stage.place))
    await goes_on(stage, session)


async def test_a_directory_that_goes_away_before_the_first_turn_hangs_none(stage: Stage) -> None:
    session = await stage.session([say("one")])
    shutil.rmtree(stage.place)
    assert ended_well_or_said_why(await told(session, "first"), str(stage.place))
    await goes_on(stage, session)
