"""Ending a turn of Codex before it is done, and talking into one."""

from __future__ import annotations

import pytest
from tests.live.daemon import gone, running, there

from sandbox_agent.schema.events import ItemDelta, PermissionResolved, QuestionResolved, TurnEnded, TurnStarted
from sandbox_agent.testing import call, say, stall, when

from .conftest import BOTH, CodexDesk
from .test_requests import ASK, PLAN, planned, touch

pytestmark = pytest.mark.anyio

VERSIONS = BOTH


def waiting(desk: CodexDesk, name: str = "never") -> tuple[str, str]:
    """A mark in a command line, and a command that runs until a file of that name is there."""
    mark = str(desk.place / name)
    return mark, f"until [ -e {mark} ]; do sleep 0.1; done"


async def test_an_interrupt_while_text_streams_fails_the_text_and_ends_the_turn(desk: CodexDesk) -> None:
    script = [[say(["half of ", "a sen"]), stall("never"), say("tence")], say("fresh")]
    async with desk.talk(script) as talk:
        await talk.send("go")
        await talk.nth(ItemDelta, 2)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert talk.errors == []
        text = talk.of("message", "assistant")[0]
        assert (text.status, talk.says) == ("failed", ["half of a sen"])
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says[-1] == "fresh"


async def test_an_interrupt_before_the_first_word(desk: CodexDesk) -> None:
    async with desk.talk([[stall("never"), say("late")], say("fresh")]) as talk:
        words = f"unanswered by codex {desk.version}"
        await talk.send(words)
        await talk.model.wait_for_async(lambda request: request.prompt == words)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["fresh"]


async def test_an_interrupt_before_the_agent_is_up_drops_the_message(desk: CodexDesk) -> None:
    async with desk.talk([say("fresh")]) as talk:
        await talk.send("never")
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["fresh"]
        assert talk.model.requests[-1].prompts == ("again",)


@pytest.mark.proves("interrupt")
async def test_an_interrupt_kills_the_running_command(desk: CodexDesk) -> None:
    mark, command = waiting(desk)
    script = [call("exec_command", {"cmd": command, "yield_time_ms": 30000}), say("fresh")]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.send("go")
        await there(mark)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        await gone(mark)
        assert talk.errors == []
        assert [item.status for item in talk.of("tool_result")] in ([], ["failed"])
        assert (await talk.turn("again")).reason == "completed"


async def test_an_interrupt_spares_what_an_earlier_turn_left_running(desk: CodexDesk) -> None:
    (kept, keep), (mark, command) = waiting(desk, "kept"), waiting(desk)
    script = [
        call("exec_command", {"cmd": keep, "yield_time_ms": 250}),
        say("it runs"),
        call("exec_command", {"cmd": command, "yield_time_ms": 250}),
        [say("both run"), stall("never")],
    ]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.turn("start the server")
        await there(kept)
        await talk.send("and another")
        await there(mark)
        await talk.reads(lambda: "both run" in "".join(data.delta for data in talk.all(ItemDelta)))
        await talk.interrupt()
        assert (await talk.ended(2)).reason == "interrupted"
        await gone(mark)
        assert running(kept)
        await talk.post("/terminate")
        assert not running(kept)


async def test_an_interrupt_ends_the_work_of_subagents(desk: CodexDesk) -> None:
    mark, command = waiting(desk)
    script = [
        when("dig deep", call("exec_command", {"cmd": command, "yield_time_ms": 30000}), say("dug")),
        call("multi_agent_v1/spawn_agent", {"message": "dig deep"}),
        [say("waiting"), stall("never")],
    ]
    async with desk.talk(script, permissionMode="bypass", model="scripted") as talk:
        await talk.send("go")
        await there(mark)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        await gone(mark)


async def test_an_interrupt_takes_back_a_pending_permission(desk: CodexDesk) -> None:
    async with desk.talk([touch("never"), say("fresh")]) as talk:
        await talk.send("go")
        await talk.permission()
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert [data.status for data in talk.all(PermissionResolved)] == ["reject"]
        assert (await talk.turn("again")).reason == "completed"
        assert not (desk.place / "never").exists()


async def test_an_interrupt_takes_back_a_pending_question(desk: CodexDesk) -> None:
    async with desk.talk([call("request_user_input", ASK), say("fresh")]) as talk:
        await talk.send("go")
        await talk.question()
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert [data.status for data in talk.all(QuestionResolved)] == ["rejected"]
        assert (await talk.turn("again")).reason == "completed"


async def test_an_interrupt_takes_back_a_plan_to_approve(desk: CodexDesk) -> None:
    async with desk.talk([say(PLAN), say("fresh")], agentMode="plan") as talk:
        await planned(talk)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert [data.status for data in talk.all(QuestionResolved)] == ["rejected"]
        assert (await talk.turn("again")).reason == "completed"


async def test_two_interrupts_are_one(desk: CodexDesk) -> None:
    async with desk.talk([[say("words"), stall("never")], say("fresh")]) as talk:
        await talk.send("go")
        await talk.nth(ItemDelta)
        await talk.interrupt()
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        await talk.interrupt()
        assert (await talk.turn("again")).reason == "completed"
        assert len(talk.all(TurnEnded)) == 2


@pytest.mark.proves("steer")
async def test_a_message_steers_while_a_tool_runs(desk: CodexDesk) -> None:
    go, command = waiting(desk, "go")
    script = [call("exec_command", {"cmd": command, "yield_time_ms": 30000}), say("steered"), say("extra")]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.send("start")
        await there(go)
        reply = await talk.post("/messages", {"message": "also do this", "delivery": "steer"})
        assert reply.json()["delivery"] == "steered"
        (desk.place / "go").touch()
        assert (await talk.ended()).reason == "completed"
        assert talk.model.requests[-1].mentions("also do this")
        assert len(talk.all(TurnStarted)) == 1
        assert [item.role for item in talk.of("message")] == ["user", "user", "assistant"]


async def test_a_message_steers_while_text_streams(desk: CodexDesk) -> None:
    async with desk.talk([[say("first "), stall("on"), say("words")], say("steered")]) as talk:
        await talk.send("start")
        await talk.nth(ItemDelta)
        reply = await talk.post("/messages", {"message": "turn left", "delivery": "steer"})
        assert reply.json()["delivery"] == "steered"
        talk.model.release("on")
        # On a busy machine the turn may be over before Codex has heard it; then it is the next turn.
        await talk.reads(lambda: "steered" in talk.says)
        await talk.reads(lambda: len(talk.all(TurnEnded)) == len(talk.all(TurnStarted)))
        assert talk.model.requests[-1].mentions("turn left")
        assert talk.says[0].startswith("first ")


@pytest.mark.proves("queue")
async def test_messages_wait_for_the_end_of_the_turn(desk: CodexDesk) -> None:
    async with desk.talk([[say("first"), stall("on")], say("second")]) as talk:
        await talk.send("start")
        await talk.nth(ItemDelta)
        await talk.send("next")
        talk.model.release("on")
        await talk.ended(2)
        assert talk.says == ["first", "second"]
        assert [data.message_id for data in talk.all(TurnStarted)] == ["msg_1", "msg_2"]
