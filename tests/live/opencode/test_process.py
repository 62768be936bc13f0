"""A session of OpenCode outlives its server, and sessions that share one do not disturb each other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest
from tests.live.daemon import PATIENCE, LiveDaemon, Talk, gone, kill, running, there

from sandbox_agent.schema.content import streamed_text
from sandbox_agent.schema.events import ItemDelta, PermissionResolved, QuestionResolved, UsageUpdated
from sandbox_agent.testing import ScriptedModel, call, say, stall, when

from .desk import OpenDesk

pytestmark = pytest.mark.anyio


def kill_server(desk: OpenDesk) -> None:
    (server,) = desk.agents()
    kill(server)


async def until_no_server(desk: OpenDesk, talk: Talk) -> None:
    async with asyncio.timeout(PATIENCE):
        while desk.agents():
            await talk.detail()


async def goes_on(talk: Talk, *, remembers: bool = True) -> None:
    """The session answers again, and the agent knows what was said before."""
    assert (await talk.turn("again")).reason == "completed"
    assert talk.says[-1] == "fresh"
    request = talk.model.requests[-1]
    assert request.prompt == "again"
    assert request.mentions("remember this") == remembers


async def test_a_server_killed_while_it_speaks_ends_the_turn_not_the_session(breakable: OpenDesk) -> None:
    async with breakable.talk([[say("half a "), stall("never")]]) as talk:
        await talk.send("remember this")
        await talk.nth(ItemDelta)
        kill_server(breakable)
        ended = await talk.ended()
        assert (ended.reason, ended.exit_code) == ("agent_exited", -9)
        assert talk.of("message", "assistant")[0].status == "failed"
        talk.model.play([say("fresh")])
        await goes_on(talk)


async def test_a_server_killed_while_a_permission_is_pending(breakable: OpenDesk) -> None:
    script = [[call("bash", {"command": "touch x", "description": "t"})]]
    async with breakable.talk(script, permissionMode="default") as talk:
        await talk.send("remember this")
        await talk.permission()
        kill_server(breakable)
        assert (await talk.ended()).reason == "agent_exited"
        assert [data.status for data in talk.all(PermissionResolved)] == ["reject"]
        talk.model.play([say("fresh")])
        await goes_on(talk)


async def test_a_server_killed_while_a_command_runs_takes_the_command_along(breakable: OpenDesk) -> None:
    mark = str(breakable.place / "never")
    command = f"echo on; until [ -e {mark} ]; do sleep 0.1; done"
    async with breakable.talk([[call("bash", {"command": command, "description": "d"})]]) as talk:
        await talk.send("remember this")
        await talk.nth(ItemDelta)
        kill_server(breakable)
        assert (await talk.ended()).reason == "agent_exited"
        await gone(mark)
        assert streamed_text(talk.of("tool_result")[0]) == "on\n"
        talk.model.play([say("fresh")])
        await goes_on(talk)


async def test_a_server_killed_while_a_question_waits_and_while_a_subagent_works(breakable: OpenDesk) -> None:
    options = [{"label": word, "description": word} for word in ("yes", "no")]
    asks = call("question", {"questions": [{"question": "Sure?", "header": "S", "options": options}]})
    task = call("task", {"description": "sub", "prompt": "CHILD", "subagent_type": "general"})
    script = [when("CHILD", [say("thinking "), stall("never")]), when("ask", [asks]), when("delegate", [task])]
    async with breakable.talk(script) as talk:
        await talk.send("ask")
        await talk.question()
        kill_server(breakable)
        assert (await talk.ended()).reason == "agent_exited"
        assert talk.all(QuestionResolved)[0].status == "rejected"
        await talk.send("delegate")
        await talk.nth(ItemDelta)
        kill_server(breakable)
        assert (await talk.ended(2)).reason == "agent_exited"
        assert [item.status for item in talk.of("message", "assistant")] == ["failed"]
        talk.model.play([say("fresh")])
        await talk.turn("again")
        assert talk.says[-1] == "fresh"


async def test_a_server_killed_before_it_took_the_message_is_replaced_at_once(breakable: OpenDesk) -> None:
    async with breakable.talk([say("fresh")]) as talk:
        await talk.send("again")
        async with asyncio.timeout(PATIENCE):
            while not breakable.agents():
                await talk.detail()
        kill_server(breakable)
        assert (await talk.ended()).reason == "completed"
        assert talk.says == ["fresh"]
        assert talk.errors == []


@pytest.mark.proves("resume")
async def test_a_server_killed_at_rest_is_no_event_and_the_next_turn_resumes(breakable: OpenDesk) -> None:
    async with breakable.talk([say("one")]) as talk:
        await talk.turn("remember this")
        before = len(talk.events)
        kill_server(breakable)
        await until_no_server(breakable, talk)
        talk.model.play([say("fresh")])
        await goes_on(talk)
        assert talk.events[before].type == "turn.started"
        first, second = talk.all(UsageUpdated)
        assert second.session.input_tokens == first.turn.input_tokens + second.turn.input_tokens


async def test_a_session_resumes_a_conversation_of_another(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([say("one")]) as talk:
        await talk.turn("remember this")
        native_id = (await talk.detail())["nativeSessionId"]
    desk.model.play([say("fresh")])
    async with desk.talk(resume=native_id) as second:
        await goes_on(second)
        assert (await second.detail())["nativeSessionId"] == native_id


@pytest.mark.parametrize("native_id", ["ses_dedc804afffeMUwKPQs8no000P", "no id at all"])
async def test_an_unknown_conversation_is_an_error_and_the_next_message_begins_anew(
    desk: OpenDesk, native_id: str
) -> None:
    await desk.keep()
    async with desk.talk([say("fresh")], resume=native_id) as talk:
        assert (await talk.turn("remember this")).reason == "error"
        (error,) = talk.errors
        assert error.code == "resume_failed"
        assert native_id in error.message
        await goes_on(talk, remembers=False)


async def test_two_sessions_share_a_server_and_hear_only_their_own(breakable: OpenDesk) -> None:
    script = [when("one", [say("first "), stall("one"), say("done")]), when("two", [say("second "), stall("two")])]
    async with breakable.talk(script) as one, breakable.talk() as two:
        await one.send("one")
        await two.send("two")
        await one.nth(ItemDelta)
        await two.nth(ItemDelta)
        assert len(breakable.agents()) == 1
        await two.interrupt()
        assert (await two.ended()).reason == "interrupted"
        one.model.release("one")
        assert (await one.ended()).reason == "completed"
        assert one.says == ["first done"]
        assert two.says == ["second "]
        assert one.errors == two.errors == []


async def test_one_server_works_in_several_directories(breakable: OpenDesk, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    script = [when("", [call("bash", {"command": "pwd", "description": "d"})], say("done"))]
    async with breakable.talk(script) as one, breakable.talk(directory=str(other)) as two:
        await asyncio.gather(one.turn("where"), two.turn("where"))
        assert (one.result().output, two.result().output) == (f"{breakable.place}\n", f"{other}\n")
        assert len(breakable.agents()) == 1


async def test_who_is_terminated_takes_its_command_along_and_the_other_goes_on(breakable: OpenDesk) -> None:
    mark = str(breakable.place / "never")
    command = f"echo on; until [ -e {mark} ]; do sleep 0.1; done"
    forever = [call("bash", {"command": command, "description": "d"})]
    script = [when("stay", [say("half "), stall("door"), say("whole")]), when("go", forever)]
    async with breakable.talk(script) as staying, breakable.talk() as going:
        await staying.send("stay")
        await staying.nth(ItemDelta)
        await going.send("go")
        await going.nth(ItemDelta)
        await going.post("/terminate")
        assert running(mark) == []
        assert (await going.ended()).reason == "terminated"
        staying.model.release("door")
        assert (await staying.ended()).reason == "completed"
        assert staying.says == ["half whole"]


async def test_the_last_session_takes_the_server_along(breakable: OpenDesk) -> None:
    async with breakable.talk([[say("words"), stall("never")]]) as talk:
        await talk.send("go")
        await talk.nth(ItemDelta)
        assert len(breakable.agents()) == 1
        await talk.post("/terminate")
        assert breakable.agents() == []
        last = await talk.until(lambda event: event.type == "session.ended")
        assert last.sequence == len(talk.events)


async def test_a_killed_server_ends_the_turns_of_all_its_sessions_and_all_resume(breakable: OpenDesk) -> None:
    script = [when("remember", [say("half "), stall("never")]), when("again", say("fresh"))]
    async with breakable.talk(script) as one, breakable.talk() as two:
        for talk in (one, two):
            await talk.send("remember this")
            await talk.nth(ItemDelta)
        kill_server(breakable)
        assert {(await talk.ended()).reason for talk in (one, two)} == {"agent_exited"}
        for talk in (one, two):
            await goes_on(talk)
        assert len(breakable.agents()) == 1


async def test_a_hundred_turns_leave_processes_descriptors_and_memory_flat(breakable: OpenDesk) -> None:
    script = [when("0$", [call("bash", {"command": "echo x", "description": "d"})], say("done")), when("", say("done"))]

    def state() -> tuple[int, int, int]:
        daemon = psutil.Process(breakable.daemon.process.pid)
        return len(list(breakable.processes())), daemon.num_fds(), daemon.memory_info().rss

    async with breakable.talk(script) as talk:
        for number in range(10):
            await talk.turn(f"turn {number}")
        processes, descriptors, memory = state()
        for number in range(10, 110):
            await talk.turn(f"turn {number}")
        async with asyncio.timeout(PATIENCE):
            # OpenCode and the daemon may still be looking at what the last turn has changed; a connection may be open.
            while state()[0] > processes or state()[1] > descriptors + 2:
                await talk.detail()
        assert state()[2] < memory + 32 * 1024 * 1024
        assert len(talk.says) == 110


async def test_servers_that_start_at_the_same_time_in_a_fresh_home_all_come_up(
    desk: OpenDesk, installed: Path, model: ScriptedModel, tmp_path: Path
) -> None:
    # Each of them creates the tables of their common database, and who comes second dies of it; that one starts again.
    daemon = LiveDaemon(tmp_path / "home", installed, model.env)
    fresh = desk.at(daemon)
    try:
        async with (
            fresh.talk([when("", say("up"))]) as one,
            fresh.talk(permissionMode="default") as two,
            fresh.talk(permissionMode="acceptEdits") as three,
        ):
            talks = (one, two, three)
            ends = await asyncio.gather(*(talk.turn("hello") for talk in talks))
            assert [ended.reason for ended in ends] == ["completed"] * 3
            assert [talk.says for talk in talks] == [["up"]] * 3
            assert len(fresh.agents()) == 3
    finally:
        daemon.close()


async def test_who_is_terminated_takes_along_what_its_commands_left_in_the_background(breakable: OpenDesk) -> None:
    hidden = "nohup setsid sh -c 'sleep {}; :' > /dev/null 2>&1 &"
    async with breakable.talk() as other, breakable.talk() as leaving:
        for talk, seconds in ((other, 7204), (leaving, 7205)):
            talk.model.play([[call("bash", {"command": hidden.format(seconds), "description": "hide"})], say("hidden")])
            assert (await talk.turn("go")).reason == "completed"
            await there(f"sleep {seconds}")
        await leaving.post("/terminate")
        assert not running("sleep 7205")
        assert running("sleep 7204")
    await gone("sleep 7204")


async def test_a_command_does_not_see_the_password_of_the_server(breakable: OpenDesk) -> None:
    script = [[call("bash", {"command": "printenv | sort", "description": "look"})], say("seen")]
    async with breakable.talk(script) as talk:
        assert (await talk.turn("go")).reason == "completed"
        printed = talk.result().output
        assert "OPENCODE=1" in printed
        assert "OPENCODE_SERVER_PASSWORD" not in printed
        assert "BASH_ENV" not in printed


async def test_what_a_server_unpacks_goes_with_the_daemon_and_does_not_fill_the_temporary_folder(
    breakable: OpenDesk,
) -> None:
    async with breakable.talk([[say("hello")]]) as talk:
        assert (await talk.turn("hi")).reason == "completed"
        (server,) = breakable.agents()
        unpacked = [Path(each.path) for each in server.memory_maps() if each.path.endswith("-00000000.so")]
        assert unpacked
        assert all(path.parent.parts[-2:] == ("common", "bun") for path in unpacked)
