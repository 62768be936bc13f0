"""Interrupting Amp, and speaking to it while it works."""

from __future__ import annotations

import pytest
from tests.live.daemon import Talk, gone

from sandbox_agent.schema.events import PermissionResolved, TurnStarted
from sandbox_agent.testing import call, say, stall

from .conftest import AmpDesk
from .test_amp_process import asked

pytestmark = pytest.mark.anyio


async def goes_on(talk: Talk) -> None:
    talk.model.play([say("fresh")])
    assert (await talk.turn("again")).reason == "completed"
    assert talk.says[-1] == "fresh"


async def test_an_interrupt_while_the_model_thinks(desk: AmpDesk) -> None:
    async with desk.talk([[stall("never"), say("late")]]) as talk:
        await talk.send("go")
        await asked(talk)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert talk.errors == []
        await goes_on(talk)
        assert talk.model.requests[-1].prompts == ("go", "again")


@pytest.mark.proves("interrupt")
async def test_an_interrupt_kills_the_running_command(desk: AmpDesk) -> None:
    async with desk.talk([[call("shell_command", {"command": "sleep 7102"})]], permissionMode="bypass") as talk:
        await talk.send("go")
        await talk.reads(lambda: bool(talk.of("tool_call")))
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        await gone("sleep 7102")
        await goes_on(talk)


async def test_an_interrupt_takes_back_a_pending_permission(desk: AmpDesk) -> None:
    async with desk.talk([[call("shell_command", {"command": "touch x"})]]) as talk:
        await talk.send("go")
        await talk.permission()
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert [data.status for data in talk.all(PermissionResolved)] == ["reject"]
        await goes_on(talk)
        assert not (desk.place / "x").exists()


async def test_an_interrupt_before_the_agent_is_up(desk: AmpDesk) -> None:
    async with desk.talk([say("fresh")]) as talk:
        await talk.send("go")
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        await goes_on(talk)


async def test_an_interrupt_at_rest_is_nothing(desk: AmpDesk) -> None:
    async with desk.talk([say("one")]) as talk:
        await talk.turn("go")
        before = len(talk.all(TurnStarted))
        await talk.interrupt()
        await goes_on(talk)
        assert len(talk.all(TurnStarted)) == before + 1


@pytest.mark.proves("queue")
async def test_a_queued_message_runs_after_an_interrupt(desk: AmpDesk) -> None:
    async with desk.talk([[stall("never")]]) as talk:
        await talk.send("go")
        await talk.send("next")
        await asked(talk)
        talk.model.play([say("of the next")])
        await talk.interrupt()
        assert (await talk.ended(2)).reason == "completed"
        assert talk.says == ["of the next"]


@pytest.mark.proves("steer")
async def test_a_message_steers_while_a_tool_runs(desk: AmpDesk) -> None:
    script = [[call("shell_command", {"command": "until test -e go; do sleep 0.05; done"})], say("both read")]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.send("first")
        await talk.reads(lambda: bool(talk.of("tool_call")))
        await talk.send("and this", delivery="steer")
        await talk.reads(lambda: len(talk.of("message", "user")) == 2)
        (desk.place / "go").touch()
        assert (await talk.ended()).reason == "completed"
        assert talk.says == ["both read"]
        assert talk.model.requests[-1].mentions("and this")
        assert len(talk.all(TurnStarted)) == 1


async def test_a_message_that_cannot_steer_is_queued(desk: AmpDesk) -> None:
    async with desk.talk([[stall("held"), say("one")], say("two")]) as talk:
        await talk.send("first")
        await talk.send("second", delivery="steer")
        talk.model.release("held")
        await talk.ended(2)
        assert talk.says == ["one", "two"]
