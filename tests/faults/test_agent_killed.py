"""An agent that is killed in the middle of anything leaves no process, and a session that goes on."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sandbox_agent.schema.events import TurnEnded
from sandbox_agent.testing import ScriptedModel, say

from .house import Build, House
from .phases import PHASES, real_in, standin_in

pytestmark = pytest.mark.anyio

WHO = "say(RESUMED or 'new')"


@pytest.mark.parametrize("phase", PHASES)
async def test_a_killed_agent_ends_the_turn_and_the_next_message_resumes(build: Build, phase: str) -> None:
    house = build()
    async with standin_in(house, phase, bare=False) as (talk, children):
        native_id = talk.events[-1].native_session_id
        house.agent().kill()
        ended = await talk.nth(TurnEnded)
        assert (ended.reason, ended.exit_code) == ("agent_exited", -9)
        await children.ended()
        assert house.agents() == []
        assert (await talk.turn(WHO)).reason == "completed"
        assert talk.says[-1] == ("new" if phase == "starting" else native_id)
        assert native_id or phase == "starting"


@pytest.mark.parametrize("phase", PHASES)
async def test_a_killed_claude_code_ends_the_turn_and_the_next_message_resumes(
    build: Build, real: Mapping[str, str], model: ScriptedModel, phase: str
) -> None:
    house = build(real)
    async with real_in(house, model, phase) as (talk, children):
        house.agent().kill()
        ended = await talk.nth(TurnEnded, 1 if phase == "starting" else 2)
        assert (ended.reason, ended.exit_code) == ("agent_exited", -9), talk.story()
        await children.ended()
        model.play([say("last answer")])
        assert (await talk.turn("LAST prompt")).reason == "completed"
        assert talk.says[-1] == "last answer"
        remembers = any("FIRST prompt" in prompt for prompt in model.requests[-1].prompts)
        assert remembers == (phase != "starting")


async def test_exit_codes_and_signals_are_told(shared: House) -> None:
    async with shared.talk() as talk:
        for code, told in (("os._exit(0)", 0), ("os._exit(7)", 7), ("os.abort()", -6), ("raise KeyError", 1)):
            ended = await talk.turn(code)
            assert (ended.reason, ended.exit_code) == ("agent_exited", told)
        assert ended.stderr is not None
        assert "KeyError" in (ended.stderr.head or "")


async def test_an_agent_that_dies_at_rest_is_only_missed_by_the_next_message(shared: House) -> None:
    async with shared.talk() as talk:
        await talk.turn("say('one')")
        native_id = talk.events[-1].native_session_id
        agent = shared.agent()
        agent.kill()
        agent.wait()
        assert (await talk.turn(WHO)).reason == "completed"
        assert talk.says == ["one", native_id]
        assert [data.reason for data in talk.all(TurnEnded)] == ["completed"] * 2


async def test_messages_that_wait_are_for_the_next_process(shared: House) -> None:
    async with shared.talk() as talk:
        await talk.send("block = Block(); block.say('ready'); deaf()")
        await talk.hears("ready")
        await talk.send(WHO)
        await talk.send("say('three')")
        shared.agent().kill()
        await talk.nth(TurnEnded, 3)
        assert [data.reason for data in talk.all(TurnEnded)] == ["agent_exited", "completed", "completed"]
        assert talk.says[-1] == "three"


async def test_an_agent_that_always_dies_at_the_start_ends_each_turn(shared: House) -> None:
    (place := shared.home / "dies").mkdir()
    (place / "start.py").write_text("os.write(2, b'no luck'); os._exit(9)")
    async with shared.talk(place) as talk:
        for _ in range(3):
            ended = await talk.turn("say('never')")
            assert (ended.reason, ended.exit_code) == ("agent_exited", 9)
            assert ended.stderr is not None
            assert ended.stderr.head == "no luck"
