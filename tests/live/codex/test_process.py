"""A session of Codex outlives its server, which it may share with others."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import psutil
import pytest
from tests.live.conftest import Daemons
from tests.live.daemon import PATIENCE, Talk, gone, kill, running, there

from sandbox_agent.schema.events import ItemDelta, PermissionResolved, UsageUpdated
from sandbox_agent.testing import call, say, stall, when

from .conftest import CodexDesk
from .test_interrupt import waiting
from .test_requests import touch

pytestmark = pytest.mark.anyio


def kill_agent(desk: CodexDesk) -> None:
    (agent,) = desk.agents()
    kill(agent)


async def written_down(desk: CodexDesk, words: str = "remember this") -> None:
    """Wait until Codex has saved the conversation, which it does a little after it has spoken."""
    async with asyncio.timeout(PATIENCE):
        while not any(words.encode() in path.read_bytes() for path in transcripts(desk)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def transcripts(desk: CodexDesk) -> list[Path]:
    """Codex's own files of all conversations in this daemon's home."""
    return list(desk.daemon.home.glob(".codex/sessions/**/*.jsonl"))


async def goes_on(talk: Talk, *, remembers: bool = True) -> None:
    """The session answers again, and the agent knows what was said before."""
    assert (await talk.turn("again")).reason == "completed", talk.story()
    assert talk.says[-1] == "fresh"
    request = talk.model.requests[-1]
    assert request.prompt == "again"
    assert request.mentions("remember this") == remembers


async def test_a_server_killed_while_it_speaks_ends_the_turn_not_the_session(desk: CodexDesk) -> None:
    async with desk.talk([[say("half a "), stall("never")]]) as talk:
        await talk.send("remember this one")
        await talk.nth(ItemDelta)
        await written_down(desk, "remember this one")
        kill_agent(desk)
        ended = await talk.ended()
        assert (ended.reason, ended.exit_code) == ("agent_exited", -9)
        assert talk.of("message", "assistant")[0].status == "failed"
        talk.model.play([say("fresh")])
        await goes_on(talk)


async def test_a_server_killed_while_a_permission_is_pending(desk: CodexDesk) -> None:
    async with desk.talk([touch("x")]) as talk:
        await talk.send("remember this two")
        await talk.permission()
        await written_down(desk, "remember this two")
        kill_agent(desk)
        assert (await talk.ended()).reason == "agent_exited"
        assert [data.status for data in talk.all(PermissionResolved)] == ["reject"]
        talk.model.play([say("fresh")])
        await goes_on(talk)


async def test_a_server_killed_while_a_command_runs_takes_it_along(desk: CodexDesk) -> None:
    mark, command = waiting(desk)
    async with desk.talk([call("exec_command", {"cmd": command})], permissionMode="bypass") as talk:
        await talk.send("remember this three")
        await there(mark)
        await written_down(desk, "remember this three")
        kill_agent(desk)
        assert (await talk.ended()).reason == "agent_exited"
        await gone(mark)
        talk.model.play([say("fresh")])
        await goes_on(talk)


async def test_a_server_killed_while_it_starts(desk: CodexDesk) -> None:
    async with desk.talk([say("fresh")]) as talk:
        await talk.send("remember this")
        while not desk.agents():
            await talk.detail()
        kill_agent(desk)
        assert (await talk.ended()).reason == "agent_exited"
        await goes_on(talk, remembers=False)


@pytest.mark.proves("resume")
async def test_a_server_killed_at_rest_is_no_event_and_the_next_turn_resumes(desk: CodexDesk) -> None:
    async with desk.talk([say("one")]) as talk:
        await talk.turn("remember this four")
        before = len(talk.events)
        await written_down(desk, "remember this four")
        kill_agent(desk)
        while desk.agents():
            await talk.detail()
        talk.model.play([say("fresh")])
        await goes_on(talk)
        assert [event.type for event in talk.events[before : before + 1]] == ["turn.started"]
        first, second = talk.all(UsageUpdated)
        assert second.session.input_tokens == first.turn.input_tokens + second.turn.input_tokens


async def test_a_session_resumes_a_conversation_of_another(desk: CodexDesk) -> None:
    async with desk.talk([say("one")]) as talk:
        await talk.turn("remember this")
        native_id = (await talk.detail())["nativeSessionId"]
    desk.model.play([say("fresh")])
    async with desk.talk(resume=native_id) as second:
        await goes_on(second)
        assert (await second.detail())["nativeSessionId"] == native_id


async def test_a_conversation_that_another_session_left_can_be_resumed_on_the_same_server(desk: CodexDesk) -> None:
    async with desk.talk([say("one")]) as other:
        await other.turn("hold the server")
        async with desk.talk([say("one")]) as talk:
            await talk.turn("remember this")
            native_id = (await talk.detail())["nativeSessionId"]
        desk.model.play([say("fresh")])
        async with desk.talk(resume=native_id) as second:
            await goes_on(second)
        assert len(desk.agents()) == 1


async def test_a_conversation_that_another_session_has_cannot_be_resumed(desk: CodexDesk) -> None:
    async with desk.talk([say("one"), say("two")]) as talk:
        await talk.turn("remember this")
        native_id = (await talk.detail())["nativeSessionId"]
        async with desk.talk(resume=native_id) as second:
            assert (await second.turn("mine now")).reason == "error"
            assert [error.code for error in second.errors] == ["resume_failed"]
        await talk.turn("still mine")
        assert talk.says == ["one", "two"]


async def test_an_unknown_conversation_is_an_error_and_the_next_message_begins_anew(desk: CodexDesk) -> None:
    async with desk.talk([say("fresh")], resume="01a21216-7b08-78e3-8328-a379f807037e") as talk:
        ended = await talk.turn("remember this")
        assert ended.reason == "error"
        (error,) = talk.errors
        assert error.code == "resume_failed"
        assert "01a21216" in error.message
        await goes_on(talk, remembers=False)


@pytest.mark.proves("session lifecycle")
async def test_terminate_leaves_no_process(desk: CodexDesk) -> None:
    async with desk.talk([[say("words"), stall("never")]]) as talk:
        await talk.send("remember this")
        await talk.nth(ItemDelta)
        assert len(desk.agents()) == 1
        await talk.post("/terminate")
        assert desk.agents() == []
        last = await talk.until(lambda event: event.type == "session.ended")
        assert last.sequence == len(talk.events)
        assert (await talk.ended()).reason == "terminated"


# Several sessions on one server

BOTH = [
    when("first", [say("one "), stall("one"), say("first")]),
    when("second", [say("two "), stall("two"), say("second")]),
]


async def test_two_sessions_share_a_server_and_each_hears_its_own(desk: CodexDesk) -> None:
    async with desk.talk(BOTH) as first, desk.talk() as second:
        await asyncio.gather(first.send("first"), second.send("second"))
        await first.nth(ItemDelta)
        await second.nth(ItemDelta)
        assert len(desk.agents()) == 1
        desk.model.release("two")
        await second.ended()
        desk.model.release("one")
        await first.ended()
        assert (first.says, second.says) == (["one first"], ["two second"])


async def test_an_interrupt_of_one_session_leaves_the_other_alone(desk: CodexDesk) -> None:
    async with desk.talk(BOTH) as first, desk.talk() as second:
        await asyncio.gather(first.send("first"), second.send("second"))
        await first.nth(ItemDelta)
        await second.nth(ItemDelta)
        await first.interrupt()
        assert (await first.ended()).reason == "interrupted"
        desk.model.release("two")
        assert (await second.ended()).reason == "completed"
        assert len(desk.agents()) == 1


async def test_a_session_that_ends_takes_its_commands_along_and_not_those_of_others(desk: CodexDesk) -> None:
    (mine, wait), (theirs, sleep) = waiting(desk, "mine"), waiting(desk, "theirs")
    script = [when("mine", call("exec_command", {"cmd": wait})), when("theirs", call("exec_command", {"cmd": sleep}))]
    async with desk.talk(script, permissionMode="bypass") as second:
        async with desk.talk(permissionMode="bypass") as first:
            await asyncio.gather(first.send("mine"), second.send("theirs"))
            await there(mine)
            await there(theirs)
            await first.post("/terminate")
            assert not running(mine)
            assert running(theirs)
        assert len(desk.agents()) == 1
        assert second.errors == []


async def test_a_process_that_left_its_group_goes_with_its_session_too(desk: CodexDesk) -> None:
    (mine, wait), (theirs, sleep) = waiting(desk, "mine"), waiting(desk, "theirs")
    script = [
        when(name, call("exec_command", {"cmd": f"setsid sh -c '{command}' > /dev/null 2>&1 &"}), say("started"))
        for name, command in (("mine", wait), ("theirs", sleep))
    ]
    async with desk.talk(script, permissionMode="bypass") as second:
        async with desk.talk(permissionMode="bypass") as first:
            await asyncio.gather(first.turn("mine"), second.turn("theirs"))
            await there(mine)
            await there(theirs)
            await first.post("/terminate")
            assert not running(mine)
            assert running(theirs)
        await second.post("/terminate")
        assert not running(theirs)


async def test_a_server_that_dies_ends_the_turns_of_all_and_all_go_on(desk: CodexDesk) -> None:
    async with desk.talk(BOTH) as first, desk.talk() as second:
        await asyncio.gather(first.send("first"), second.send("second"))
        await first.nth(ItemDelta)
        await second.nth(ItemDelta)
        kill_agent(desk)
        assert {(await first.ended()).reason, (await second.ended()).reason} == {"agent_exited"}
        desk.model.play([say("fresh")])
        assert (await first.turn("again")).reason == "completed", first.story()
        assert (await second.turn("again")).reason == "completed", second.story()
        assert len(desk.agents()) == 1


async def test_a_server_that_hangs_is_ended_when_its_turn_is_interrupted(desk: CodexDesk) -> None:
    async with desk.talk([[say("words"), stall("never")]]) as talk:
        await talk.send("remember this five")
        await talk.nth(ItemDelta)
        await written_down(desk, "remember this five")
        (agent,) = desk.agents()
        agent.suspend()
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert desk.agents() == []
        talk.model.play([say("fresh")])
        await goes_on(talk)


async def test_a_daemon_that_is_killed_leaves_no_server_and_no_command(desk: CodexDesk, daemons: Daemons) -> None:
    mark, command = waiting(desk)
    doomed = daemons(MARK="doomed")
    async with httpx.AsyncClient(base_url=doomed.url, timeout=PATIENCE, trust_env=False) as http:
        desk.model.play([call("exec_command", {"cmd": command})])
        body = {
            "agent": "codex",
            "agentVersion": desk.version,
            "directory": str(desk.place),
            "permissionMode": "bypass",
        }
        (await http.post("/v1/sessions/doomed", json={**body, "model": "gpt-5.5"})).raise_for_status()
        (await http.post("/v1/sessions/doomed/messages", json={"message": "go"})).raise_for_status()
        await there(mark)
    (server,) = desk.at(doomed).agents()
    doomed.process.kill()
    await gone(mark)
    async with asyncio.timeout(PATIENCE):
        while psutil.pid_exists(server.pid):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


async def test_a_hundred_turns_leave_processes_descriptors_and_memory_flat(desk: CodexDesk) -> None:
    daemon = psutil.Process(desk.daemon.process.pid)
    async with desk.talk([say("yes")]) as talk:
        for _ in range(20):
            await talk.turn("go")
        desk.model.play([say("yes")])
        descriptors, memory = daemon.num_fds(), daemon.memory_info().rss
        for _ in range(100):
            await talk.turn("go")
        assert len(desk.agents()) == 1
        async with asyncio.timeout(PATIENCE):
            while daemon.num_fds() > descriptors:  # something short-lived may still run after a turn
                await talk.detail()
        assert daemon.memory_info().rss - memory < 8 * 1024 * 1024
