"""OpenCode asks: permissions and questions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.live.daemon import PATIENCE

from sandbox_agent.schema.content import FileRefPart
from sandbox_agent.schema.events import ItemStarted, PermissionRequested, PermissionResolved, QuestionResolved
from sandbox_agent.testing import call, say, when

from .desk import OpenDesk

pytestmark = pytest.mark.anyio

QUESTIONS = {
    "questions": [
        {
            "question": "Which colour?",
            "header": "Colour",
            "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
        },
        {
            "question": "Which sizes?",
            "header": "Sizes",
            "options": [{"label": "S", "description": "small"}, {"label": "L", "description": "large"}],
            "multiple": True,
        },
    ]
}


def touch(name: str) -> Any:
    return call("bash", {"command": f"touch {name}", "description": f"Make {name}"})


@pytest.mark.proves("permissions")
async def test_a_permission_once_lets_one_call_run(desk: OpenDesk) -> None:
    await desk.keep("default")
    async with desk.talk([[touch("one")], [touch("two")], say("done")], permissionMode="default") as talk:
        await talk.send("go")
        first = await talk.permission()
        assert first.action == "bash"
        assert first.metadata["patterns"] == ["touch one"]
        assert first.metadata["always"] == "bash(touch *)"
        assert not (desk.place / "one").exists()
        assert (await talk.detail())["state"] == "waiting"
        await talk.permit(first)
        second = await talk.permission(2)
        assert second.metadata["patterns"] == ["touch two"]
        await talk.permit(second)
        assert (await talk.ended()).reason == "completed"
        calls = [item.item_id for item in talk.of("tool_call")]
        assert [each.metadata["itemId"] for each in (first, second)] == calls
        assert (desk.place / "two").exists()
        assert [data.status for data in talk.all(PermissionResolved)] == ["accept", "accept"]


@pytest.mark.proves("permissions")
async def test_always_holds_for_this_session_and_for_no_other(desk: OpenDesk) -> None:
    await desk.keep("default")
    script = [when("", [touch("one")], [touch("two")], say("done"))]
    async with desk.talk(script, permissionMode="default") as talk:
        await talk.send("go")
        await talk.permit(await talk.permission(), "always")
        assert (await talk.ended()).reason == "completed"
        assert (desk.place / "two").exists()
        statuses = [data.status for data in talk.all(PermissionResolved)]
        assert statuses == ["accept_for_session", "accept_for_session"]
        async with desk.talk(permissionMode="default") as other:
            await other.send("go")
            again = await other.permission()
            assert (await other.detail())["state"] == "waiting"
            await other.permit(again, "reject")
            await other.ended()


@pytest.mark.proves("permissions")
async def test_a_rejection_with_a_word_goes_to_the_agent_and_the_turn_goes_on(desk: OpenDesk) -> None:
    await desk.keep("default")
    async with desk.talk([[touch("never")], say("understood")], permissionMode="default") as talk:
        await talk.send("go")
        await talk.permit(await talk.permission(), "reject", "Use another name")
        assert (await talk.ended()).reason == "completed"
        assert talk.of("tool_result")[0].status == "failed"
        assert "Use another name" in talk.result().output
        assert talk.says == ["understood"]
        assert not (desk.place / "never").exists()


async def test_a_rejection_without_a_word_ends_the_turn(desk: OpenDesk) -> None:
    await desk.keep("default")
    async with desk.talk([[touch("never")], say("next")], permissionMode="default") as talk:
        await talk.send("go")
        await talk.permit(await talk.permission(), "reject")
        assert (await talk.ended()).reason == "completed"
        assert talk.of("tool_result")[0].status == "failed"
        assert talk.says == []
        assert not (desk.place / "never").exists()
        assert (await talk.turn("and now")).reason == "completed"
        assert talk.says == ["next"]


async def test_a_written_file_is_asked_for_with_its_diff_and_keeps_it(desk: OpenDesk) -> None:
    path = desk.place / "old.txt"
    path.write_text("before\n")
    script = [[call("read", {"filePath": str(path)})], [call("write", {"filePath": str(path), "content": "after\n"})]]
    await desk.keep("default")
    async with desk.talk([*script, say("done")], permissionMode="default") as talk:
        await talk.send("go")
        request = await talk.permission()
        assert request.action == "edit"
        diff = f"--- {path}\n+++ {path}\n@@ -1,1 +1,1 @@\n-before\n+after\n"
        assert request.metadata["diff"] == diff
        assert request.metadata["always"].endswith("old.txt)")
        await talk.permit(request)
        await talk.ended()
        (changed,) = [part for part in talk.of("tool_result")[-1].content if isinstance(part, FileRefPart)]
        assert changed == FileRefPart(path=str(path), action="write", diff=diff)


async def test_accept_edits_asks_for_commands_only(desk: OpenDesk) -> None:
    write = call("write", {"filePath": str(desk.place / "w.txt"), "content": "w\n"})
    async with desk.talk([[write], [touch("x")], say("done")], permissionMode="acceptEdits") as talk:
        await talk.send("go")
        request = await talk.permission()
        assert request.action == "bash"
        assert (desk.place / "w.txt").exists()
        await talk.permit(request)
        assert (await talk.ended()).reason == "completed"
        assert len(talk.all(PermissionRequested)) == 1


async def test_bypass_asks_for_nothing_not_even_outside_the_directory(desk: OpenDesk, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    await desk.keep()
    write = call("write", {"filePath": str(outside), "content": "w\n"})
    async with desk.talk([[write], [touch("x")], say("done")]) as talk:
        assert (await talk.turn("go")).reason == "completed"
        assert outside.exists()
        assert (desk.place / "x").exists()
        assert {data.status for data in talk.all(PermissionResolved)} <= {"accept"}


async def test_a_subagent_asks_too_and_its_request_is_answered(desk: OpenDesk) -> None:
    task = call("task", {"description": "sub", "prompt": "CHILD please", "subagent_type": "general"})
    script = [when("CHILD", [touch("by_child")], say("child done")), when("go", [task], say("done"))]
    await desk.keep("default")
    async with desk.talk(script, permissionMode="default") as talk:
        await talk.send("go")
        request = await talk.permission()
        assert request.metadata["patterns"] == ["touch by_child"]
        assert not (desk.place / "by_child").exists()
        await talk.permit(request)
        assert (await talk.ended()).reason == "completed"
        assert (desk.place / "by_child").exists()


@pytest.mark.proves("questions")
async def test_all_questions_are_asked_and_several_answers_and_own_ones_are_taken(desk: OpenDesk) -> None:
    await desk.keep("default")
    async with desk.talk([[call("question", QUESTIONS)], say("noted")], permissionMode="default") as talk:
        await talk.send("go")
        asked = await talk.question()
        assert asked.prompt == "Which colour?"
        assert asked.options == ("Red", "Blue")
        first, second = asked.questions
        assert (first.header, first.multi_select) == ("Colour", False)
        assert first.options[0].description == "warm"
        assert second.multi_select
        assert asked.item_id == talk.all(ItemStarted)[-1].item.item_id
        await talk.answer(asked, ["my own green"], ["S", "L"])
        assert (await talk.ended()).reason == "completed"
        (resolved,) = talk.all(QuestionResolved)
        assert resolved.status == "answered"
        assert resolved.answers == (("my own green",), ("S", "L"))
        assert "my own green" in talk.result().output
        assert "S, L" in talk.result().output


async def test_a_refused_question_fails_the_call(desk: OpenDesk) -> None:
    await desk.keep("default")
    async with desk.talk([[call("question", QUESTIONS)], say("next")], permissionMode="default") as talk:
        await talk.send("go")
        await talk.reject(await talk.question())
        assert (await talk.ended()).reason == "completed"
        assert talk.all(QuestionResolved)[0].status == "rejected"
        assert talk.of("tool_result")[0].status == "failed"
        assert (await talk.turn("and now")).reason == "completed"


async def test_a_permission_waits_while_its_client_is_away(desk: OpenDesk) -> None:
    await desk.keep("default")
    async with desk.talk([[touch("later")], say("done")], permissionMode="default") as talk:
        await talk.send("go")
        await talk.permission()
        path = f"{desk.daemon.url}/v1/sessions/{talk.session_id}"
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as another:
            (pending,) = (await another.get(path)).json()["permissions"]
            reply = f"{path}/permissions/{pending['permission_id']}/reply"
            assert (await another.post(reply, json={"reply": "once"})).is_success
            assert (await another.post(reply, json={"reply": "once"})).is_success
            assert (await another.post(reply, json={"reply": "reject"})).status_code == 409
        assert (await talk.ended()).reason == "completed"
        assert (desk.place / "later").exists()


PLAN = [say("# Plan"), call("plan_exit")]


@pytest.mark.proves("plan approval")
async def test_an_approved_plan_is_carried_out_in_the_same_turn(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([PLAN, [touch("built")], say("done"), [touch("more")], say("ok")], agentMode="plan") as talk:
        await talk.send("plan it")
        asked = await talk.question()
        assert (asked.plan, asked.options) == ("# Plan", ("approve", "reject"))
        await talk.answer(asked, ["approve"])
        assert (await talk.ended()).reason == "completed"
        assert (desk.place / "built").exists()
        assert talk.says[-1] == "done"
        await talk.turn("go on")
        assert (desk.place / "more").exists()


async def test_a_rejected_plan_goes_back_with_the_users_words(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([PLAN, say("another plan")], agentMode="plan") as talk:
        await talk.send("plan it")
        await talk.answer(await talk.question(), ["Use Rust"])
        await talk.reads(lambda: talk.says[-1:] == ["another plan"])
        assert talk.model.requests[-1].mentions("Use Rust")
        await talk.reads(lambda: talk.events[-1].type == "turn.ended")


async def test_a_plan_may_be_written_down_and_nothing_else(desk: OpenDesk) -> None:
    plans = desk.daemon.home / ".local" / "share" / "opencode" / "plans" / "mine.md"
    write = [call("write", {"filePath": str(plans), "content": "# Written"})]
    other = [call("write", {"filePath": str(desk.place / "never.txt"), "content": "x"})]
    await desk.keep("default")
    async with desk.talk([write, other, PLAN], agentMode="plan", permissionMode="default") as talk:
        await talk.send("plan it")
        asked = await talk.question()
        assert asked.plan == "# Written"
        assert talk.all(PermissionRequested) == []
        assert [item.status for item in talk.of("tool_result")] == ["completed", "failed"]
        assert not (desk.place / "never.txt").exists()
        await talk.answer(asked, ["reject"])
        await talk.ended()
