"""Permissions of Amp, asked by our helper and answered by clients."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from tests.live.daemon import PATIENCE, Talk, gone

from sandbox_agent.schema.content import ToolResultPart
from sandbox_agent.schema.events import PermissionRequested, PermissionResolved
from sandbox_agent.testing import call, say
from sandbox_agent.testing.model.script import Call

from .conftest import AmpDesk

pytestmark = pytest.mark.anyio


def touch(name: str) -> Call:
    return call("shell_command", {"command": f"touch {name}"})


@pytest.mark.proves("permissions")
async def test_a_permission_once_lets_one_call_run(desk: AmpDesk) -> None:
    async with desk.talk([[touch("x")], [touch("x")], say("done")]) as talk:
        await talk.send("go")
        request = await talk.permission()
        assert request.action == "shell_command"
        assert request.metadata["input"] == {"command": "touch x"}
        (item,) = talk.of("tool_call")
        assert request.metadata["itemId"] == item.item_id
        assert not (desk.place / "x").exists()
        await talk.permit(request)
        again = await talk.permission(2)
        assert (desk.place / "x").exists()
        await talk.permit(again)
        assert (await talk.ended()).reason == "completed"
        assert [item.status for item in talk.of("tool_result")] == ["completed", "completed"]


@pytest.mark.proves("permissions")
async def test_always_covers_the_same_command_and_no_other(desk: AmpDesk) -> None:
    script = [[touch("x")], [touch("x")], [touch("y")], say("done")]
    async with desk.talk(script) as talk:
        await talk.send("go")
        await talk.permit(await talk.permission(), "always")
        other = await talk.permission(3)
        assert other.metadata["input"] == {"command": "touch y"}
        assert [data.status for data in talk.all(PermissionResolved)] == ["accept_for_session"] * 2
        await talk.permit(other)
        assert (await talk.ended()).reason == "completed"


@pytest.mark.proves("permissions")
async def test_a_rejected_permission_fails_the_call_and_the_agent_hears_why(desk: AmpDesk) -> None:
    async with desk.talk([[touch("x")], say("sorry")]) as talk:
        await talk.send("go")
        await talk.permit(await talk.permission(), "reject", "not in this folder")
        assert (await talk.ended()).reason == "completed"
        (result,) = talk.of("tool_result")
        assert result.status == "failed"
        assert "not in this folder" in talk.result().output
        assert talk.model.requests[-1].mentions("not in this folder")
        assert not (desk.place / "x").exists()


async def test_parallel_calls_are_asked_about_one_by_one(desk: AmpDesk) -> None:
    async with desk.talk([[touch("x"), touch("y")], say("done")]) as talk:
        await talk.send("go")
        first = await talk.permission()
        await talk.permit(first, "reject")
        second = await talk.permission(2)
        assert first.metadata["itemId"] != second.metadata["itemId"]
        await talk.permit(second)
        assert (await talk.ended()).reason == "completed"
        by_call = {
            part.call_id: item.status
            for item in talk.of("tool_result")
            for part in item.content
            if isinstance(part, ToolResultPart)
        }
        assert by_call == {first.metadata["toolUseId"]: "failed", second.metadata["toolUseId"]: "completed"}


async def test_looking_is_never_asked_about_and_bypass_asks_nothing(desk: AmpDesk) -> None:
    (desk.place / "a.txt").write_text("inside")
    async with desk.talk([[call("Read", {"path": str(desk.place / "a.txt")})], say("done")]) as talk:
        assert (await talk.turn("go")).reason == "completed"
        assert talk.all(PermissionRequested) == []
        assert "inside" in talk.result().output
    async with desk.talk([[touch("x")], say("done")], permissionMode="bypass") as talk:
        assert (await talk.turn("go")).reason == "completed"
        assert talk.all(PermissionRequested) == []


async def test_accepting_edits_asks_about_commands_only(desk: AmpDesk) -> None:
    create = call("create_file", {"path": str(desk.place / "a.txt"), "content": "a"})
    async with desk.talk([[create], [touch("x")], say("done")], permissionMode="acceptEdits") as talk:
        await talk.send("go")
        request = await talk.permission()
        assert request.action == "shell_command"
        assert (desk.place / "a.txt").read_text() == "a"
        await talk.permit(request)
        assert (await talk.ended()).reason == "completed"


async def test_a_pending_permission_outlives_the_connection_of_its_client(desk: AmpDesk) -> None:
    async with desk.talk([[touch("x")], say("done")]) as talk:
        await talk.send("go")
        request = await talk.permission()
        async with httpx.AsyncClient(base_url=desk.daemon.url, timeout=PATIENCE, trust_env=False) as other:
            path = f"/v1/sessions/{talk.session_id}"
            pending = (await other.get(path)).json()["permissions"]
            assert [each["permission_id"] for each in pending] == [request.permission_id]
            answer = await other.post(f"{path}/permissions/{request.permission_id}/reply", json={"reply": "once"})
            assert answer.status_code == 204
        assert (await talk.ended()).reason == "completed"


async def test_a_helper_ends_with_its_session_and_leaves_no_file(desk: AmpDesk) -> None:
    async with desk.talk([[touch("x")]]) as talk:
        await talk.send("go")
        await talk.permission()
        (folder,) = private_folders(desk, talk)
        assert (folder / "ask").stat().st_mode & 0o777 == 0o700
    await gone(str(folder / "ask"))
    assert not folder.exists()


def private_folders(desk: AmpDesk, talk: Talk) -> list[Path]:
    """The folders of sessions whose CLI runs in the folder of this talk."""
    lines = [process.cmdline() for process in desk.agents() if process.cwd() == str(talk.directory)]
    return [Path(line[line.index("--settings-file") + 1]).parent for line in lines]


async def test_requests_of_two_sessions_do_not_mix(desk: AmpDesk) -> None:
    async with desk.talk([[touch("x")], say("done")]) as one, desk.talk() as two:
        await asyncio.gather(one.send("go"), two.send("go"))
        asked = await asyncio.gather(one.permission(), two.permission())
        await one.permit(asked[0], "reject")
        assert (await one.ended()).reason == "completed"
        assert len((await two.detail())["permissions"]) == 1
        await two.permit(asked[1])
        assert (await two.ended()).reason == "completed"
        assert [one.of("tool_result")[0].status, two.of("tool_result")[0].status] == ["failed", "completed"]
