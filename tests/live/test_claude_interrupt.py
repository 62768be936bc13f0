"""Ending a turn of Claude Code before it is done, and talking into one."""

from __future__ import annotations

import pytest

from sandbox_agent.schema.events import (
    ItemDelta,
    ItemStarted,
    PermissionResolved,
    QuestionResolved,
    TurnEnded,
    TurnStarted,
)
from sandbox_agent.testing import call, say, stall

from .daemon import Desk, gone, there

pytestmark = pytest.mark.anyio


async def test_an_interrupt_while_text_streams_fails_the_text_and_ends_the_turn(desk: Desk) -> None:
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


async def test_an_interrupt_before_the_first_word(desk: Desk) -> None:
    async with desk.talk([[stall("never"), say("late")], say("fresh")]) as talk:
        prompt = f"unanswered by {desk.version}"
        await talk.send(prompt)
        await talk.model.wait_for_async(lambda request: request.prompt == prompt)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["fresh"]


async def test_an_interrupt_before_the_agent_is_up_drops_the_message(desk: Desk) -> None:
    async with desk.talk([say("fresh")]) as talk:
        await talk.send("never")
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["fresh"]
        assert all(request.prompts == ("again",) for request in talk.model.requests[-1:])


@pytest.mark.proves("interrupt")
async def test_an_interrupt_kills_the_running_command(desk: Desk) -> None:
    mark = str(desk.place / "never")
    # Not a bare `sleep`, which 2.1.330 refuses.
    command = f"until [ -e {mark} ]; do sleep 0.1; done"
    script = [[call("Bash", {"command": command, "description": "wait"})], say("fresh")]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.send("go")
        await talk.reads(lambda: bool(talk.of("tool_call")))
        await there(mark)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        await gone(mark)
        assert talk.errors == []
        assert [item.status for item in talk.of("tool_result")] in ([], ["failed"])
        assert (await talk.turn("again")).reason == "completed"


async def test_an_interrupt_kills_what_the_turn_started_in_the_background(desk: Desk) -> None:
    mark = str(desk.place / "never")
    command = f"until [ -e {mark} ]; do sleep 0.1; done"
    background = call("Bash", {"command": command, "description": "wait", "run_in_background": True})
    script = [[background], [say("working"), stall("never")], say("fresh")]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.send("go")
        await there(mark)
        await talk.nth(ItemDelta)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        await gone(mark)
        assert (await talk.turn("again")).reason == "completed"


async def test_an_interrupt_takes_back_a_pending_permission(desk: Desk) -> None:
    script = [[call("Bash", {"command": "touch never", "description": "t"})], say("fresh")]
    async with desk.talk(script) as talk:
        await talk.send("go")
        await talk.permission()
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert [data.status for data in talk.all(PermissionResolved)] == ["reject"]
        assert (await talk.turn("again")).reason == "completed"
        assert not (desk.place / "never").exists()


async def test_an_interrupt_takes_back_a_pending_question(desk: Desk) -> None:
    question = {"question": "Sure?", "header": "S", "options": [], "multiSelect": False}
    question["options"] = [{"label": word, "description": word} for word in ("yes", "no")]
    async with desk.talk([[call("AskUserQuestion", {"questions": [question]})], say("fresh")]) as talk:
        await talk.send("go")
        await talk.question()
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert [data.status for data in talk.all(QuestionResolved)] == ["rejected"]
        assert (await talk.turn("again")).reason == "completed"


async def test_two_interrupts_are_one(desk: Desk) -> None:
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
async def test_a_message_steers_while_a_tool_runs(desk: Desk) -> None:
    go = desk.place / "go"
    command = f"until [ -e {go} ]; do sleep 0.05; done"
    script = [[call("Bash", {"command": command, "description": "wait"})], say("steered"), say("extra")]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.send("start")
        await there(str(go))
        reply = await talk.post("/messages", {"message": "also do this", "delivery": "steer"})
        assert reply.json()["delivery"] == "steered"
        go.touch()
        assert (await talk.ended()).reason == "completed"
        assert talk.model.requests[-1].mentions("also do this")
        assert len(talk.all(TurnStarted)) == 1
        assert [item.role for item in talk.of("message")] == ["user", "user", "assistant"]


async def test_a_message_that_cannot_steer_is_queued(desk: Desk) -> None:
    async with desk.talk([[say("first"), stall("on")], say("second")]) as talk:
        await talk.send("start")
        await talk.nth(ItemDelta)
        reply = await talk.post("/messages", {"message": "next", "delivery": "steer"})
        assert reply.json()["delivery"] == "queued"
        talk.model.release("on")
        await talk.ended(2)
        assert talk.says == ["first", "second"]
        assert [data.message_id for data in talk.all(TurnStarted)] == ["msg_1", "msg_2"]


@pytest.mark.proves("queue")
async def test_queued_messages_run_in_order_each_in_its_turn(desk: Desk) -> None:
    async with desk.talk([[say("one"), stall("on")], say("two"), say("three")]) as talk:
        for word in ("a", "b", "c"):
            await talk.send(word)
        talk.model.release("on")
        await talk.ended(3)
        assert talk.says == ["one", "two", "three"]
        assert talk.model.requests[-1].prompts == ("a", "b", "c")


async def test_a_background_command_that_ends_starts_a_turn_by_itself(desk: Desk) -> None:
    go = desk.place / "go"
    command = f"until [ -e {go} ]; do sleep 0.05; done; echo finished"
    background = call("Bash", {"command": command, "description": "wait", "run_in_background": True})
    script = [[background], say("I will tell you"), say("It has finished"), say("fresh")]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.turn("go")
        go.touch()
        assert (await talk.ended(2)).reason == "completed"
        assert talk.says == ["I will tell you", "It has finished"]
        assert "task.completed" in talk.labels
        assert talk.all(TurnStarted)[1].message_id is None
        assert (await talk.turn("again")).reason == "completed"
        started = {data.item.item_id for data in talk.all(ItemStarted)}
        assert all(item.parent_id in started for item in talk.items if item.parent_id)
