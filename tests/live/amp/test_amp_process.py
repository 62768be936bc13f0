"""A session of Amp outlives its process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psutil
import pytest
from tests.live.daemon import PATIENCE, Talk, gone, kill

from sandbox_agent.schema.events import ErrorReported, PermissionResolved
from sandbox_agent.testing import call, cut, fail, say, stall
from sandbox_agent.testing.amp import ScriptedAmp

from .conftest import AmpDesk

pytestmark = pytest.mark.anyio


def kill_agent(desk: AmpDesk) -> None:
    (agent,) = desk.agents()
    kill(agent)


async def goes_on(talk: Talk) -> None:
    """The session answers again, and the agent knows what was said before."""
    talk.model.play([say("fresh")])
    assert (await talk.turn("again")).reason == "completed"
    assert talk.says[-1] == "fresh"
    assert talk.model.requests[-1].prompts == ("remember this", "again")


async def asked(talk: Talk) -> None:
    """The model was asked for the first time in this session."""
    native = ""
    async with asyncio.timeout(PATIENCE):
        while not native:
            native = (await talk.detail())["nativeSessionId"] or ""
        await talk.model.wait_for_async(lambda request: request.session_id == native, PATIENCE)


async def test_an_agent_killed_while_the_model_speaks_ends_the_turn_not_the_session(desk: AmpDesk) -> None:
    async with desk.talk([[say("half"), stall("never")]]) as talk:
        await talk.send("remember this")
        await asked(talk)
        kill_agent(desk)
        ended = await talk.ended()
        assert (ended.reason, ended.exit_code) == ("agent_exited", -9)
        await goes_on(talk)


async def test_an_agent_killed_while_a_tool_runs_takes_the_tool_with_it(desk: AmpDesk) -> None:
    async with desk.talk([[call("shell_command", {"command": "sleep 7101"})]], permissionMode="bypass") as talk:
        await talk.send("remember this")
        await talk.reads(lambda: bool(talk.of("tool_call")))
        kill_agent(desk)
        assert (await talk.ended()).reason == "agent_exited"
        await gone("sleep 7101")
        await goes_on(talk)


async def test_an_agent_killed_while_a_permission_is_pending(desk: AmpDesk) -> None:
    async with desk.talk([[call("shell_command", {"command": "touch x"})]]) as talk:
        await talk.send("remember this")
        await talk.permission()
        kill_agent(desk)
        assert (await talk.ended()).reason == "agent_exited"
        assert [data.status for data in talk.all(PermissionResolved)] == ["reject"]
        await goes_on(talk)
        assert not (desk.place / "x").exists()


async def test_an_agent_killed_while_it_starts(desk: AmpDesk) -> None:
    async with desk.talk([say("fresh")]) as talk:
        await talk.send("remember this")
        while not desk.agents():
            await talk.detail()
        kill_agent(desk)
        assert (await talk.ended()).reason == "agent_exited"
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["fresh"]


@pytest.mark.proves("resume")
async def test_an_agent_killed_at_rest_is_no_event_and_the_next_turn_resumes(desk: AmpDesk) -> None:
    async with desk.talk([say("one")]) as talk:
        await talk.turn("remember this")
        before = len(talk.events)
        kill_agent(desk)
        while desk.agents():
            await talk.detail()
        await goes_on(talk)
        assert talk.events[before].type == "turn.started"


async def test_a_session_resumes_a_thread_of_another(desk: AmpDesk) -> None:
    async with desk.talk([say("one")]) as talk:
        await talk.turn("remember this")
        native = (await talk.detail())["nativeSessionId"]
    async with desk.talk(resume=native) as second:
        await goes_on(second)
        assert (await second.detail())["nativeSessionId"] == native


async def test_an_unknown_thread_is_an_error_and_the_next_message_begins_anew(desk: AmpDesk) -> None:
    async with desk.talk([say("fresh")], resume="T-00000000-0000-4000-8000-000000000000") as talk:
        assert (await talk.turn("remember this")).reason == "error"
        assert [error.code for error in talk.errors] == ["resume_failed"]
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["fresh"]


async def test_two_sessions_at_once_do_not_mix(desk: AmpDesk) -> None:
    async with desk.talk([say("same")]) as one, desk.talk() as two:
        await asyncio.gather(one.turn("of one"), two.turn("of two"))
        assert one.says == two.says == ["same"]
        assert {request.prompts for request in one.model.requests[-2:]} == {("of one",), ("of two",)}
        natives = {(await talk.detail())["nativeSessionId"] for talk in (one, two)}
        assert len(natives) == 2


@pytest.mark.proves("error events")
async def test_an_error_of_the_service_ends_the_turn_and_the_next_one_works(desk: AmpDesk) -> None:
    async with desk.talk([fail(429, "429 slow down")]) as talk:
        assert (await talk.turn("remember this")).reason == "error"
        assert [(error.code, error.message) for error in talk.errors] == [("rate_limited", "429 slow down")]
        await goes_on(talk)


async def test_a_connection_that_breaks_is_made_again(desk: AmpDesk) -> None:
    words = f"break in {desk.place}"
    async with desk.talk([[cut("reset")]]) as talk:
        await talk.send(words)
        # The break may take along what makes the CLI print its first line, so its thread may not be known yet.
        await talk.model.wait_for_async(lambda request: request.prompt == words, PATIENCE)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        talk.model.play([say("whole")])
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["whole"]


async def test_a_hundred_turns_leave_processes_descriptors_and_memory_flat(desk: AmpDesk) -> None:
    async with desk.talk([say("word")] * 101) as talk:
        await talk.turn("turn 0")
        before, memory = counts(desk), psutil.Process(desk.daemon.process.pid).memory_info().rss
        for number in range(1, 101):
            assert (await talk.turn(f"turn {number}")).reason == "completed"
        # Something short-lived may still run after a turn, as it may have when they were counted first.
        await holds(talk, lambda: all(now <= then for now, then in zip(counts(desk), before, strict=True)))
        grown = psutil.Process(desk.daemon.process.pid).memory_info().rss - memory
        assert grown < 20 * 1024 * 1024


def counts(desk: AmpDesk) -> tuple[int, int]:
    """Processes below the daemon, and its open files."""
    return len(list(desk.processes())), psutil.Process(desk.daemon.process.pid).num_fds()


async def holds(talk: Talk, fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not fact():
            await talk.detail()


async def test_a_service_that_stays_away_ends_the_turn_with_an_error(desk: AmpDesk, service: ScriptedAmp) -> None:
    """Takes as long as Amp tries, about 15 s."""
    async with desk.talk([[stall("away"), say("unheard")]]) as talk:
        await talk.send("remember this")
        await asked(talk)
        service.leave()
        try:
            assert (await talk.ended()).reason == "error"
        finally:
            service.release("away")
            service.come_back()
        assert [error.code for error in talk.all(ErrorReported)] == ["connection_failed"]
        assert "@timestamp" not in talk.story()
        await goes_on(talk)


async def test_a_service_that_comes_back_in_time_completes_the_turn(desk: AmpDesk, service: ScriptedAmp) -> None:
    async with desk.talk([[stall("back"), say("heard")]]) as talk:
        await talk.send("remember this")
        await asked(talk)
        thread = (await talk.detail())["nativeSessionId"]
        for _ in range(2):  # together more tries than one absence may take
            service.leave()
            try:
                await holds(talk, lambda: service.refused >= 6)
            finally:
                service.come_back()
            await holds(talk, lambda: service.watched(thread))
        service.release("back")
        assert (await talk.ended()).reason == "completed"
        assert talk.says == ["heard"]
        assert talk.all(ErrorReported) == []
