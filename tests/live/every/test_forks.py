"""A conversation is taken up by another, which leaves it as it was."""

from __future__ import annotations

import asyncio

import pytest
from tests.live.daemon import PATIENCE

from sandbox_agent import AsyncSession, InvalidRequest, TurnEnded
from sandbox_agent.schema.content import streamed_text
from sandbox_agent.testing import say

from .conftest import Stage

pytestmark = pytest.mark.anyio


async def told(session: AsyncSession, text: str) -> str:
    """What the agent answers."""
    result = await session.send(text).wait()
    assert result.reason == "completed", result
    return result.text


def heard(stage: Stage) -> tuple[str, ...]:
    """What the user has said, as the model was told last."""
    return stage.model.requests[-1].prompts


@pytest.mark.proves("fork")
async def test_a_fork_knows_what_was_said_up_to_a_turn_and_the_original_does_not_hear_of_it(stage: Stage) -> None:
    original = await stage.session([say(word) for word in ("one", "two", "three", "four", "five", "six")])
    async with asyncio.timeout(PATIENCE):
        assert [await told(original, word) for word in ("first", "second")] == ["one", "two"]
        first = next(event.data for event in (await original.events()).events if isinstance(event.data, TurnEnded))
        whole = await stage.fork(original)
        half = await stage.fork(original, turn_id=first.turn_id)
        await told(original, "third")
        assert heard(stage) == ("first", "second", "third")
        await told(whole, "other end")
        assert heard(stage) == ("first", "second", "other end")
        await told(half, "other way")
        assert heard(stage) == ("first", "other way")
        await told(half, "and on")
        assert heard(stage) == ("first", "other way", "and on")
        fork_of_a_fork = await stage.fork(half)
        await original.terminate()
        await told(fork_of_a_fork, "again")
        assert heard(stage) == ("first", "other way", "and on", "again")
    natives = {(await each.info()).native_session_id for each in (original, whole, half, fork_of_a_fork)}
    assert len(natives) == 4
    given = [streamed_text(item) for item in await half.messages() if item.role == "user"]
    assert given == ["other way", "and on"]


@pytest.mark.lacks("fork")
async def test_an_agent_that_cannot_fork_says_so(stage: Stage) -> None:
    session = await stage.session([say("one")])
    with pytest.raises(InvalidRequest, match="cannot fork") as refused:
        await stage.fork(session)
    assert refused.value.agent == stage.name
