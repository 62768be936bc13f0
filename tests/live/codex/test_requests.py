"""What Codex asks: permissions, questions, plans; and what each answer does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.live.daemon import PATIENCE, Talk

from sandbox_agent.schema.events import PermissionRequested, PermissionResolved, QuestionResolved
from sandbox_agent.testing import call, say

from .conftest import BOTH, CodexDesk

pytestmark = pytest.mark.anyio

VERSIONS = BOTH

SERVER = Path(__file__).parents[1] / "mcp_server.py"
ASKING_SERVER = Path(__file__).with_name("asking_server.py")
ADD = "*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch\n"
ASK = {
    "questions": [
        {
            "id": "colour",
            "header": "Colour",
            "question": "Which colour?",
            "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
        }
    ]
}


def touch(name: str) -> Any:
    return call("exec_command", {"cmd": f"touch {name}"})


def metadata(request: PermissionRequested) -> dict[str, Any]:
    data: dict[str, Any] = request.metadata
    return data


@pytest.mark.proves("permissions")
async def test_a_permission_names_the_command_and_its_item_and_once_lets_it_run(desk: CodexDesk) -> None:
    async with desk.talk([touch("x"), touch("x"), say("done")]) as talk:
        await talk.send("go")
        request = await talk.permission()
        assert request.action == "commandExecution"
        assert "touch x" in metadata(request)["command"]
        assert metadata(request)["itemId"] == talk.of("tool_call")[0].item_id
        assert (await talk.detail())["state"] == "waiting"
        await talk.permit(request)
        await talk.permit(await talk.permission(2), "reject")
        assert (await talk.ended()).reason == "completed"
        assert (desk.place / "x").exists()


@pytest.mark.proves("permissions")
async def test_always_lets_the_same_command_run_again_and_no_other(desk: CodexDesk) -> None:
    async with desk.talk([touch("x"), touch("x"), touch("y"), say("done")]) as talk:
        await talk.send("go")
        await talk.permit(await talk.permission(), "always")
        second = await talk.permission(2)
        assert "touch y" in metadata(second)["command"]
        await talk.permit(second)
        await talk.ended()
        assert [data.status for data in talk.all(PermissionResolved)] == ["accept_for_session", "accept"]
        # A rule of Codex's own would be on disk, for every project.
        assert not list(desk.daemon.home.glob(".codex/rules/*"))


@pytest.mark.proves("permissions")
async def test_a_rejected_command_fails_and_the_agent_hears_why(desk: CodexDesk) -> None:
    async with desk.talk([touch("x"), say("sorry")]) as talk:
        await talk.send("go")
        await talk.permit(await talk.permission(), "reject", "use your hands")
        assert (await talk.ended()).reason == "completed"
        assert talk.of("tool_result")[0].status == "failed"
        assert not (desk.place / "x").exists()
        assert talk.model.requests[-1].mentions("use your hands")
        assert len(talk.of("message", "user")) == 1


@pytest.mark.parametrize("reply", ["once", "always", "reject"])
async def test_a_patch_waits_for_its_permission(desk: CodexDesk, reply: str) -> None:
    async with desk.talk([call("apply_patch", {"freeform": ADD}), say("done")]) as talk:
        await talk.send("go")
        request = await talk.permission()
        assert request.action == "fileChange"
        assert metadata(request)["itemId"] == talk.of("tool_call")[0].item_id
        assert not (desk.place / "new.txt").exists()
        await talk.permit(request, reply)
        assert (await talk.ended()).reason == "completed"
        assert (desk.place / "new.txt").exists() == (reply != "reject")
        assert talk.of("tool_result")[0].status == ("failed" if reply == "reject" else "completed")


async def test_accept_edits_asks_for_commands_only(desk: CodexDesk) -> None:
    script = [call("apply_patch", {"freeform": ADD}), touch("x"), say("done")]
    async with desk.talk(script, permissionMode="acceptEdits") as talk:
        await talk.send("go")
        request = await talk.permission()
        assert request.action == "commandExecution"
        assert (desk.place / "new.txt").exists()
        await talk.permit(request)
        await talk.ended()
        assert len(talk.all(PermissionRequested)) == 1


async def test_bypass_asks_nothing(desk: CodexDesk) -> None:
    script = [call("apply_patch", {"freeform": ADD}), touch("x"), say("done")]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.turn("go")
        assert not talk.all(PermissionRequested)
        assert (desk.place / "x").exists()


async def test_a_permission_stays_pending_while_its_reader_reconnects(desk: CodexDesk) -> None:
    async with desk.talk([touch("x"), say("done")]) as talk:
        await talk.send("go")
        request = await talk.permission()
        async with httpx.AsyncClient(base_url=desk.daemon.url, timeout=PATIENCE, trust_env=False) as http:
            path = f"/v1/sessions/{talk.session_id}"
            seen = (await http.get(f"{path}/events")).json()["events"]
            assert seen[-1]["type"] == "permission.requested"
            pending = (await http.get(path)).json()
            assert pending["state"] == "waiting"
            await http.post(f"{path}/permissions/{request.permission_id}/reply", json={"reply": "once"})
        assert (await talk.ended()).reason == "completed"
        assert (desk.place / "x").exists()


@pytest.mark.proves("questions")
@pytest.mark.parametrize("mode", ["build", "plan"])
async def test_a_question_is_asked_and_the_answer_reaches_the_model(desk: CodexDesk, mode: str) -> None:
    async with desk.talk([call("request_user_input", ASK), say("fine")], agentMode=mode) as talk:
        await talk.send("go")
        request = await talk.question()
        assert request.prompt == "Which colour?"
        assert request.options == ("Red", "Blue")
        assert request.questions[0].options[0].description == "warm"
        await talk.answer(request, ["Blue"])
        assert (await talk.ended()).reason == "completed"
        assert talk.model.requests[-1].mentions("Blue")
        assert talk.all(QuestionResolved)[0].status == "answered"


async def test_a_question_may_be_refused_and_the_turn_goes_on(desk: CodexDesk) -> None:
    async with desk.talk([call("request_user_input", ASK), say("fine")]) as talk:
        await talk.send("go")
        await talk.reject(await talk.question())
        assert (await talk.ended()).reason == "completed"
        assert talk.says == ["fine"]


PLAN = "Here it is.\n<proposed_plan>\n# The plan\n1. touch x\n</proposed_plan>\n"


async def planned(talk: Talk) -> Any:
    await talk.send("make a plan")
    request = await talk.question()
    assert "# The plan" in (request.plan or "")
    assert request.options == ("approve", "reject")
    return request


@pytest.mark.proves("plan approval")
async def test_an_approved_plan_is_carried_out_in_the_same_turn(desk: CodexDesk) -> None:
    script = [say(PLAN), touch("x"), say("done")]
    async with desk.talk(script, agentMode="plan", permissionMode="bypass") as talk:
        await talk.answer(await planned(talk), ["approve"])
        assert (await talk.ended()).reason == "completed"
        assert (desk.place / "x").exists()
        assert talk.says[-1] == "done"
        assert len(talk.of("message", "user")) == 1


async def test_words_about_a_plan_bring_another_one(desk: CodexDesk) -> None:
    async with desk.talk([say(PLAN), say(PLAN.replace("touch", "feel"))], agentMode="plan") as talk:
        await talk.answer(await planned(talk), ["feel it instead"])
        second = await talk.question(2)
        assert "feel x" in (second.plan or "")
        assert talk.model.requests[-1].mentions("feel it instead")
        await talk.reject(second)
        assert (await talk.ended()).reason == "completed"


async def test_a_rejected_plan_ends_the_turn_and_the_next_one_plans_again(desk: CodexDesk) -> None:
    async with desk.talk([say(PLAN), say("what then?")], permissionMode="plan") as talk:
        await talk.answer(await planned(talk), ["reject"])
        assert (await talk.ended()).reason == "completed"
        await talk.turn("hm")
        assert talk.says[-1] == "what then?"


async def test_in_plan_mode_nothing_is_changed(desk: CodexDesk) -> None:
    async with desk.talk([call("apply_patch", {"freeform": ADD}), say("oh")], agentMode="plan") as talk:
        await talk.send("go")
        await talk.reads(lambda: bool(talk.all(PermissionRequested) or talk.says))
        assert not (desk.place / "new.txt").exists()
        await talk.interrupt()
        await talk.ended()


def tiny(**more: Any) -> dict[str, Any]:
    server = {"type": "local", "command": sys.executable, "args": [str(SERVER)], **more}
    return {"mcp": {"tiny": server}}


@pytest.mark.proves("MCP tools")
@pytest.mark.parametrize("reply", ["once", "always", "reject"])
async def test_a_tool_server_of_a_session_is_asked_about_and_called(desk: CodexDesk, reply: str) -> None:
    echo = call("mcp__tiny/echo", {"text": "hello"})
    async with desk.talk([echo, echo, say("done")], **tiny(env={"TINY": "small"})) as talk:
        await talk.send("go")
        request = await talk.permission()
        assert request.action == "mcp__tiny__echo"
        assert metadata(request)["itemId"] == talk.of("tool_call")[0].item_id
        await talk.permit(request, reply)
        if reply != "always":
            await talk.permit(await talk.permission(2))
        assert (await talk.ended()).reason == "completed"
        first, second = talk.of("tool_result")
        assert first.status == ("failed" if reply == "reject" else "completed")
        assert second.status == "completed"
        assert talk.result().output.startswith("hello small")
        assert len(talk.all(PermissionRequested)) == (1 if reply == "always" else 2)


async def test_a_tool_server_that_does_not_start_is_told_and_the_turn_goes_on(desk: CodexDesk) -> None:
    broken = {"mcp": {"broken": {"type": "local", "command": "/nowhere/at-all"}}}
    async with desk.talk([say("done")], **broken) as talk:
        assert (await talk.turn("go")).reason == "completed"
        assert "mcp.failed" in talk.labels


async def asked_by_its_server(talk: Talk) -> Any:
    """A tool of a server runs, and the server wants to know something."""
    await talk.send("go")
    await talk.permit(await talk.permission())
    request = await talk.question()
    assert request.prompt == "Whom?"
    return request


ASKING = {"mcp": {"asking": {"type": "local", "command": sys.executable, "args": [str(ASKING_SERVER)]}}}


async def test_a_form_of_a_tool_server_is_a_question_for_each_field(desk: CodexDesk) -> None:
    async with desk.talk([call("mcp__asking/greet", {}), say("done")], **ASKING) as talk:
        await talk.answer(await asked_by_its_server(talk), ["Ann"], ["yes"])
        assert (await talk.ended()).reason == "completed"
        answer = msgspec.json.decode(talk.result().output)
        assert answer["action"] == "accept"
        assert answer["content"] == {"name": "Ann", "sure": True}


async def test_a_form_of_a_tool_server_may_be_refused(desk: CodexDesk) -> None:
    async with desk.talk([call("mcp__asking/greet", {}), say("done")], **ASKING) as talk:
        await talk.reject(await asked_by_its_server(talk))
        assert (await talk.ended()).reason == "completed"
        assert msgspec.json.decode(talk.result().output)["action"] == "decline"
