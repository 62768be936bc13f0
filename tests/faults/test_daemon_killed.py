"""A daemon that is killed in the middle of anything takes all it started with it, and nothing of others."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sandbox_agent.schema.events import TurnEnded
from sandbox_agent.testing import ScriptedModel

from .house import Build, House, command_line, eventually
from .phases import PHASES, real_in, standin_in

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("phase", PHASES)
async def test_nothing_of_a_killed_daemon_is_left(shared: House, build: Build, phase: str) -> None:
    house = build()
    async with shared.talk() as bystander:
        await bystander.send("block = Block(); block.say('hello'); wait()")
        await bystander.hears("hello")
        # An agent that listens ends with the daemon, before the guardian can look who its children are.
        listens = phase == "permission"
        async with standin_in(house, phase, bare=not listens) as (_talk, children):
            assert len(children.alive) == (3 if listens else 4)
            house.kill()
            await house.empty()
            await children.ended()
        assert len(shared.agents()) == 1
        await bystander.post("/interrupt")
        await bystander.nth(TurnEnded)
        assert (await bystander.turn("say('alive')")).reason == "completed"


@pytest.mark.parametrize("phase", PHASES)
async def test_nothing_of_a_killed_daemon_with_claude_code_is_left(
    build: Build, real: Mapping[str, str], model: ScriptedModel, phase: str
) -> None:
    house = build(real)
    async with real_in(house, model, phase) as (_talk, children):
        house.kill()
        await house.empty()
        await children.ended()


async def test_the_secrets_of_its_sessions_go_with_a_killed_daemon(build: Build) -> None:
    house = build()
    private = house.home / ".local/share/sandbox-agent/private"
    server = {"type": "local", "command": "true", "env": {"KEY": "sesame"}}
    async with house.talk(mcp={"tools": server}) as talk:
        await talk.send("Block().say('ready'); deaf()")
        await talk.hears("ready")
        (config,) = private.rglob("mcp.json")
        assert "sesame" in config.read_text()
        house.kill()
        await eventually(lambda: not config.parents[1].exists(), "the folder of the daemon is removed")
        await house.empty()
    assert [each.name for each in private.iterdir()] == [".lock"]


async def test_a_guardian_that_is_killed_is_replaced_and_does_its_work(build: Build) -> None:
    house = build()
    async with standin_in(house, "tool", bare=True) as (_talk, children):
        for _ in range(2):
            (guardian,) = [each for each in house.processes() if "guardian.py" in " ".join(each.cmdline())]
            guardian.kill()
            await _replaced(house, guardian.pid)
        house.kill()
        await house.empty()
        await children.ended()


async def test_a_daemon_below_an_agent_goes_with_the_outer_daemon(build: Build) -> None:
    outer = build()
    async with outer.talk() as talk:
        await talk.send("Block().say(os.environ['SANDBOX_AGENT_OWNER'] + ' ready'); deaf()")
        mark = (await talk.hears(" ready")).removesuffix(" ready")
        inner = build({"SANDBOX_AGENT_CLAUDE_BIN": _standin(outer), "SANDBOX_AGENT_OWNER": mark})
        async with standin_in(inner, "streaming", bare=True) as (_inner_talk, children):
            outer.kill()
            await outer.empty()
            await inner.stopped()
            await inner.empty()
            await children.ended()


async def _replaced(house: House, old: int) -> None:
    def new() -> bool:
        return any("guardian.py" in command_line(each) and each.pid != old for each in house.processes())

    await eventually(new, "a new guardian")


def _standin(house: House) -> str:
    """The program of its only agent."""
    return house.agent().cmdline()[2]
