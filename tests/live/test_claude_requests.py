"""Claude Code asks: permissions, questions, plans to approve."""

from __future__ import annotations

import json
import re

import pytest

from sandbox_agent.schema.events import PermissionRequested, PermissionResolved, QuestionResolved
from sandbox_agent.testing import call, say

from .daemon import Desk

pytestmark = pytest.mark.anyio

QUESTIONS = {
    "questions": [
        {
            "question": "Which colour?",
            "header": "Colour",
            "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
            "multiSelect": False,
        },
        {
            "question": "Which sizes?",
            "header": "Sizes",
            "options": [{"label": "S", "description": "small"}, {"label": "L", "description": "large"}],
            "multiSelect": True,
        },
    ]
}
PLAN = "# Plan\n\n1. Touch a file\n"


def touch(name: str) -> object:
    return call("Bash", {"command": f"touch {name}", "description": f"Make {name}"})


@pytest.mark.proves("permissions")
async def test_a_permission_once_lets_one_call_run(desk: Desk) -> None:
    async with desk.talk([[touch("one")], [touch("two")], say("done")]) as talk:
        await talk.send("go")
        first = await talk.permission()
        assert first.action == "Bash"
        assert first.metadata["toolName"] == "Bash"
        assert first.metadata["input"]["command"] == "touch one"
        assert first.metadata["description"] == "Make one"
        assert first.metadata["itemId"] == talk.of("tool_call")[0].item_id
        assert (await talk.detail())["state"] == "waiting"
        await talk.permit(first)
        second = await talk.permission(2)
        assert second.metadata["input"]["command"] == "touch two"
        await talk.permit(second)
        assert (await talk.ended()).reason == "completed"
        assert (desk.place / "one").exists()
        assert [data.status for data in talk.all(PermissionResolved)] == ["accept", "accept"]


@pytest.mark.proves("permissions")
async def test_a_rejected_permission_fails_the_call_and_the_agent_hears_why(desk: Desk) -> None:
    async with desk.talk([[touch("never")], say("understood")]) as talk:
        await talk.send("go")
        await talk.permit(await talk.permission(), "reject", "Use another name")
        assert (await talk.ended()).reason == "completed"
        assert not (desk.place / "never").exists()
        assert talk.of("tool_result")[0].status == "failed"
        assert talk.result().output == "Use another name"
        assert talk.all(PermissionResolved)[0].status == "reject"
        assert talk.says == ["understood"]


@pytest.mark.proves("permissions")
async def test_always_remembers_exactly_the_rule_that_the_agent_proposed(desk: Desk) -> None:
    write = call("Write", {"file_path": str(desk.place / "w.txt"), "content": "w\n"})
    async with desk.talk([[touch("it")], [touch("it")], [write], say("done")]) as talk:
        await talk.send("go")
        first = await talk.permission()
        assert first.metadata["alwaysBy"] == "agent"
        assert first.metadata["always"].startswith("Bash(touch it")
        await talk.permit(first, "always")
        # The same command is not asked again; a write still is, for `always` is not "accept edits".
        second = await talk.permission(2)
        assert second.action == "Write"
        await talk.permit(second)
        await talk.ended()
        assert talk.all(PermissionResolved)[0].status == "accept_for_session"
        assert len(talk.all(PermissionRequested)) == 2
        assert not (desk.place / ".claude").exists()


async def test_always_for_a_write_is_remembered_by_the_daemon_for_that_file_only(desk: Desk) -> None:
    mine, other = str(desk.place / "mine.txt"), str(desk.place / "other.txt")
    script = [
        [call("Write", {"file_path": mine, "content": "1\n"})],
        [call("Write", {"file_path": mine, "content": "2\n"})],
        [call("Write", {"file_path": other, "content": "3\n"})],
        say("done"),
    ]
    async with desk.talk(script) as talk:
        await talk.send("go")
        first = await talk.permission()
        assert (first.metadata["always"], first.metadata["alwaysBy"]) == (f"Write({mine})", "daemon")
        await talk.permit(first, "always")
        third = await talk.permission(3)
        assert third.metadata["input"]["file_path"] == other
        await talk.permit(third, "reject")
        await talk.ended()
        statuses = [data.status for data in talk.all(PermissionResolved)]
        assert statuses == ["accept_for_session", "accept_for_session", "reject"]


@pytest.mark.proves("questions")
async def test_all_questions_are_asked_and_several_answers_are_taken(desk: Desk) -> None:
    async with desk.talk([[call("AskUserQuestion", QUESTIONS, id="toolu_ask")], say("thanks")]) as talk:
        await talk.send("ask me")
        question = await talk.question()
        assert question.question_id == "toolu_ask"
        assert (question.prompt, question.options) == ("Which colour?", ("Red", "Blue"))
        assert [each.question for each in question.questions] == ["Which colour?", "Which sizes?"]
        assert [each.multi_select for each in question.questions] == [False, True]
        assert question.questions[0].options[1].description == "cold"
        assert question.item_id == talk.of("tool_call")[0].item_id
        await talk.answer(question, ["Blue"], ["S", "L"])
        assert (await talk.ended()).reason == "completed"
        resolved = talk.all(QuestionResolved)[0]
        assert (resolved.status, resolved.answers) == ("answered", (("Blue",), ("S", "L")))
        assert '"Which colour?"="Blue"' in talk.result().output
        assert '"Which sizes?"="S, L"' in talk.result().output


async def test_a_question_may_be_refused_and_the_turn_goes_on(desk: Desk) -> None:
    async with desk.talk([[call("AskUserQuestion", QUESTIONS)], say("then not")]) as talk:
        await talk.send("ask me")
        await talk.reject(await talk.question())
        assert (await talk.ended()).reason == "completed"
        assert talk.all(QuestionResolved)[0].status == "rejected"
        assert talk.of("tool_result")[0].status == "failed"
        assert talk.says == ["then not"]


@pytest.mark.proves("plan approval")
async def test_an_approved_plan_is_carried_out(desk: Desk) -> None:
    script = [[say("Here is what I would do."), call("ExitPlanMode", {"plan": PLAN})], [touch("planned")], say("done")]
    async with desk.talk(script, agentMode="plan") as talk:
        await talk.send("plan it")
        question = await talk.question()
        assert (question.prompt, question.options) == ("Approve plan execution?", ("approve", "reject"))
        assert question.plan == PLAN
        await talk.answer(question, ["approve"])
        request = await talk.permission()
        await talk.permit(request)
        assert (await talk.ended()).reason == "completed"
        assert (desk.place / "planned").exists()


async def test_after_an_approved_plan_the_session_has_its_own_permission_mode(desk: Desk) -> None:
    write = call("Write", {"file_path": str(desk.place / "w.txt"), "content": "w\n"})
    script = [[call("ExitPlanMode", {"plan": PLAN})], [write], [touch("bare")], say("done")]
    async with desk.talk(script, agentMode="plan", permissionMode="bypass") as talk:
        await talk.send("plan it")
        await talk.answer(await talk.question(), ["approve"])
        assert (await talk.ended()).reason == "completed"
        assert talk.all(PermissionRequested) == []
        assert (desk.place / "w.txt").exists()
        assert (desk.place / "bare").exists()


async def test_a_rejected_plan_goes_back_with_the_users_words(desk: Desk) -> None:
    script = [
        [call("ExitPlanMode", {"plan": PLAN})],
        [call("ExitPlanMode", {"plan": "# Second plan"})],
        say("I stop here."),
    ]
    async with desk.talk(script, permissionMode="plan") as talk:
        await talk.send("plan it")
        await talk.answer(await talk.question(), ["Use a folder instead"])
        second = await talk.question(2)
        assert talk.result(0).output == "Use a folder instead"
        assert talk.of("tool_result")[0].status == "failed"
        await talk.answer(second, ["reject"])
        assert (await talk.ended()).reason == "completed"
        assert "rejected the plan" in talk.result(1).output


async def test_a_plan_written_to_the_plan_file_is_shown(desk: Desk) -> None:
    """Both versions tell the model to write its plan to a file of theirs; only then 2.1.330 has it in its request."""
    text = "# From the file\n"
    async with desk.talk([say("looking around"), say("unused")], agentMode="plan") as talk:
        await talk.turn("first look")
        found = re.search(r"/[\w./-]*/plans/[\w-]+\.md", json.dumps(talk.model.requests[-1].body))
        assert found
        path = found[0]
        talk.model.play(
            [[call("Write", {"file_path": path, "content": text})], [call("ExitPlanMode", {})], say("done")]
        )
        await talk.send("now plan")
        question = await talk.question()
        assert question.plan == text
        await talk.answer(question, ["approve"])
        assert (await talk.ended(2)).reason == "completed"
