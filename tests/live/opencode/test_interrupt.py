"""Ending a turn of OpenCode before it is done, and talking into one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.live.daemon import gone, there

from sandbox_agent.schema.events import ItemDelta, PermissionResolved, QuestionResolved, TurnStarted
from sandbox_agent.testing import call, fail, say, stall, think, when

from .desk import OpenDesk

pytestmark = pytest.mark.anyio


def wait_for(mark: str) -> Any:
    command = f"echo waiting; until [ -e {mark} ]; do sleep 0.1; done"
    return call("bash", {"command": command, "description": "wait"})


@pytest.mark.parametrize("word", [say, think], ids=["text", "thought"])
async def test_an_interrupt_while_it_speaks_keeps_what_was_said(desk: OpenDesk, word: Any) -> None:
    await desk.keep()
    async with desk.talk([[word(["half of ", "a sen"]), stall("never"), say("tence")], say("fresh")]) as talk:
        await talk.send("go")
        await talk.nth(ItemDelta, 2)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert talk.errors == []
        assert "".join(data.delta for data in talk.all(ItemDelta)) == "half of a sen"
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says[-1] == "fresh"
        assert len(talk.of("message", "assistant")) == 2


async def test_an_interrupt_before_the_first_word(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([[stall("never"), say("late")], say("fresh")]) as talk:
        await talk.send("unanswered by opencode")
        # The request for a title has the same prompt.
        await talk.model.wait_for_async(lambda each: each.prompt == "unanswered by opencode" and each.kind == "turn")
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["fresh"]


async def test_an_interrupt_right_after_the_message(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([when("again", say("fresh")), say("never")]) as talk:
        await talk.turn("again")
        for _ in range(5):
            await talk.send("never")
            await talk.interrupt()
        await talk.reads(lambda: len(talk.all(TurnStarted)) == 6 and talk.events[-1].type == "turn.ended")
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says[-1] == "fresh"
        assert talk.errors == []


async def test_an_interrupt_before_the_server_is_up_drops_the_message(breakable: OpenDesk) -> None:
    async with breakable.talk([say("fresh")]) as talk:
        await talk.send("never")
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["fresh"]
        assert talk.model.requests[-1].prompts == ("again",)


@pytest.mark.proves("interrupt")
async def test_an_interrupt_kills_the_running_command_and_keeps_its_output(desk: OpenDesk) -> None:
    mark = str(desk.place / "never")
    await desk.keep()
    async with desk.talk([[wait_for(mark)], say("fresh")]) as talk:
        await talk.send("go")
        await there(mark)
        await talk.nth(ItemDelta)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        await gone(mark)
        assert talk.errors == []
        (result,) = talk.of("tool_result")
        assert result.status == "failed"
        assert talk.result().output.startswith("waiting\n")
        assert (await talk.turn("again")).reason == "completed"


async def test_an_interrupt_takes_back_a_pending_permission(desk: OpenDesk) -> None:
    await desk.keep("default")
    script = [[call("bash", {"command": "touch never", "description": "t"})], say("fresh")]
    async with desk.talk(script, permissionMode="default") as talk:
        await talk.send("go")
        await talk.permission()
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert [data.status for data in talk.all(PermissionResolved)] == ["reject"]
        assert (await talk.turn("again")).reason == "completed"
        assert not (desk.place / "never").exists()


async def test_an_interrupt_takes_back_a_pending_question(desk: OpenDesk) -> None:
    options = [{"label": word, "description": word} for word in ("yes", "no")]
    question = {"question": "Sure?", "header": "S", "options": options}
    await desk.keep()
    async with desk.talk([[call("question", {"questions": [question]})], say("fresh")]) as talk:
        await talk.send("go")
        await talk.question()
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert talk.all(QuestionResolved)[0].status == "rejected"
        assert (await talk.turn("again")).reason == "completed"


async def test_an_interrupt_ends_the_subagent_too(desk: OpenDesk) -> None:
    mark = str(desk.place / "never")
    task = call("task", {"description": "sub", "prompt": "CHILD", "subagent_type": "general"})
    script = [when("CHILD", [wait_for(mark)], say("never")), when("go", [task], say("never")), say("fresh")]
    await desk.keep()
    async with desk.talk(script) as talk:
        await talk.send("go")
        await there(mark)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        await gone(mark)
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["fresh"]


async def test_an_interrupt_while_it_waits_to_ask_its_model_again(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([[fail(529, "too busy", retry_after=60), say("never")], say("fresh")]) as talk:
        await talk.send("go")
        await talk.reads(lambda: "retry" in talk.labels)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert talk.errors == []
        talk.model.play([say("fresh")])
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["fresh"]


@pytest.mark.proves("queue")
async def test_a_queued_message_has_the_next_turn(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([[say("one"), stall("door")], say("two")]) as talk:
        await talk.send("first")
        await talk.nth(ItemDelta)
        await talk.send("second")
        assert [each["message"] for each in (await talk.detail())["queue"]] == ["second"]
        talk.model.release("door")
        await talk.ended(2)
        assert talk.says == ["one", "two"]
        assert [data.message_id for data in talk.all(TurnStarted)] == ["msg_1", "msg_2"]


@pytest.mark.proves("steer")
async def test_a_message_steers_the_running_turn(desk: OpenDesk) -> None:
    mark = desk.place / "go on"
    command = f"until [ -e '{mark}' ]; do sleep 0.05; done"
    await desk.keep()
    # The model is asked once more when the message comes while it speaks.
    script = [[call("bash", {"command": command, "description": "d"})], say("I see"), say("I see")]
    async with desk.talk(script) as talk:
        await talk.send("start")
        await talk.reads(lambda: bool(talk.of("tool_call")))
        response = await talk.post("/messages", {"message": "look left", "delivery": "steer"})
        assert response.json()["delivery"] == "steered"
        await talk.reads(lambda: len(talk.of("message", "user")) == 2)
        mark.touch()
        assert (await talk.ended()).reason == "completed"
        assert set(talk.says) == {"I see"}
        assert talk.model.requests[-1].mentions("look left")
        assert len(talk.all(TurnStarted)) == 1
