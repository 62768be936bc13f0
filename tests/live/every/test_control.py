"""A turn that runs is steered, and messages wait for its end, in the same way, whichever agent it is."""

from __future__ import annotations

import asyncio

import pytest
from tests.live.daemon import PATIENCE, there

from sandbox_agent import TurnStarted
from sandbox_agent.testing import say

from .conftest import Stage

pytestmark = pytest.mark.anyio


def waiting(stage: Stage) -> str:
    """A command that runs until there is a file `go`."""
    return f"until [ -e {stage.place}/go ]; do sleep 0.05; done"


@pytest.mark.proves("steer")
async def test_a_message_goes_into_the_running_turn(stage: Stage) -> None:
    # The model is asked once more when the message comes while it speaks.
    script = [[stage.command(waiting(stage))], say("both read"), say("both read")]
    session = await stage.session(script, permission_mode="bypass")
    async with asyncio.timeout(PATIENCE):
        first = session.send("first")
        await first
        await there(f"{stage.place}/go")
        second = session.send("and this", delivery="steer")
        assert (await second).delivery == "steered"
        (stage.place / "go").touch()
        assert (await first.wait()).text == "both read"
    assert stage.model.requests[-1].mentions("and this")
    events = (await session.events()).events
    assert len([event for event in events if isinstance(event.data, TurnStarted)]) == 1
    roles = [item.role for item in await session.messages() if item.kind == "message"]
    assert roles[:3] == ["user", "user", "assistant"]


@pytest.mark.proves("queue")
async def test_queued_messages_run_in_order_except_those_withdrawn_also_after_an_interrupt(stage: Stage) -> None:
    script = [[stage.command(waiting(stage))], say("next"), say("last")]
    session = await stage.session(script, permission_mode="bypass")
    async with asyncio.timeout(PATIENCE):
        first, second, third, fourth = (session.send(word) for word in ("first", "second", "third", "fourth"))
        assert [(await each).delivery for each in (first, second, third, fourth)] == ["started", *["queued"] * 3]
        await there(f"{stage.place}/go")
        withdrawn = (await third).message_id
        await session.withdraw(withdrawn)
        stage.model.play([say("next"), say("last")])
        await session.interrupt()
        results = [await each.wait() for each in (first, second, third, fourth)]
    assert [each.reason for each in results] == ["interrupted", "completed", "withdrawn", "completed"]
    assert [results[1].text, results[3].text] == ["next", "last"]
    assert "third" not in stage.model.requests[-1].prompts
