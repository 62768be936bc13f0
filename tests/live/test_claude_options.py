"""What a session is created with, and what goes with a message, reaches Claude Code and its model."""

from __future__ import annotations

import base64

import httpx
import pytest

from sandbox_agent.schema.content import FileRefPart, ImagePart
from sandbox_agent.schema.events import PermissionRequested
from sandbox_agent.testing import call, say

from .daemon import PATIENCE, Desk
from .samples import PDF, PIXEL

pytestmark = pytest.mark.anyio


@pytest.mark.proves("model variants")
async def test_model_and_effort_reach_the_model(desk: Desk) -> None:
    async with desk.talk([say("hi")], model="claude-sonnet-4-6", variant="low") as talk:
        await talk.turn("go")
        request = talk.model.requests[-1]
        assert request.model == "claude-sonnet-4-6"
        assert request.body["output_config"]["effort"] == "low"


async def test_the_agent_works_in_the_sessions_directory(desk: Desk) -> None:
    async with desk.talk([[call("Bash", {"command": "pwd", "description": "where"})], say("there")]) as talk:
        await talk.turn("where")
        assert talk.result().output == str(desk.place)


async def test_bypass_asks_for_nothing_even_as_root(desk: Desk) -> None:
    path = str(desk.place / "w.txt")
    script = [
        [call("Bash", {"command": "touch b", "description": "t"})],
        [call("Write", {"file_path": path, "content": ""})],
    ]
    async with desk.talk([*script, say("done")], permissionMode="bypass") as talk:
        assert (await talk.turn("go")).reason == "completed"
        assert talk.all(PermissionRequested) == []
        assert (desk.place / "b").exists()
        assert (desk.place / "w.txt").exists()


async def test_accept_edits_asks_for_commands_only(desk: Desk) -> None:
    path = str(desk.place / "w.txt")
    script = [
        [call("Write", {"file_path": path, "content": "x"})],
        [call("Bash", {"command": "curl -V > version", "description": "t"})],
    ]
    async with desk.talk([*script, say("done")], permissionMode="acceptEdits") as talk:
        await talk.send("go")
        request = await talk.permission()
        assert request.action == "Bash"
        await talk.permit(request, "reject")
        await talk.ended()
        assert (desk.place / "w.txt").exists()


@pytest.mark.proves("images", "file attachments")
async def test_files_go_along_as_content_of_their_kind(desk: Desk) -> None:
    files = {"pixel.png": PIXEL, "paper.pdf": PDF, "notes.txt": "Grüße\n".encode()}
    for name, data in files.items():
        (desk.place / name).write_bytes(data)
    async with desk.talk([say("seen")]) as talk:
        assert (await talk.turn("look", attachments=[{"path": name} for name in files])).reason == "completed"
        request = talk.model.requests[-1]
        (image,) = request.blocks("image")
        assert base64.b64decode(image["source"]["data"]) == PIXEL
        documents = request.blocks("document")
        assert base64.b64decode(documents[0]["source"]["data"]) == PDF
        assert documents[1]["source"]["data"] == "Grüße\n"
        assert request.prompt == "look"
        parts = talk.of("message", "user")[0].content
        assert [type(part) for part in parts[1:]] == [ImagePart, FileRefPart, FileRefPart]


async def test_the_models_are_asked_of_the_cli(desk: Desk) -> None:
    async with httpx.AsyncClient(base_url=desk.daemon.url, timeout=PATIENCE, trust_env=False) as http:
        answer = (await http.get("/v1/agents/claude/models")).json()
        models = {model["id"]: model for model in answer["models"]}
        assert answer["defaultModel"] == "default"
        assert {"default", "sonnet", "haiku"} <= set(models)
        assert "high" in models["default"]["variants"]
        agents = (await http.get("/v1/agents")).json()["agents"]
        claude = next(agent for agent in agents if agent["id"] == "claude")
        assert claude["installed"] is True
        assert claude["credentialsAvailable"] is True
        modes = (await http.get("/v1/agents/claude/modes")).json()["modes"]
        assert [mode["id"] for mode in modes] == ["build", "plan"]


async def test_values_that_look_like_flags_are_values(desk: Desk) -> None:
    async with desk.talk([say("hi")], model="--dangerously-skip-permissions") as talk:
        await talk.turn("go")
        assert talk.model.requests[-1].model == "--dangerously-skip-permissions"


async def test_the_cli_does_not_update_itself(desk: Desk) -> None:
    async with desk.talk([say("hi")]) as talk:
        await talk.turn("go")
        (agent,) = desk.agents()
        assert agent.environ()["DISABLE_AUTOUPDATER"] == "1"
        assert agent.exe().endswith(f"{desk.version}/claude")


async def test_a_message_with_a_dash_or_a_line_separator_arrives_as_it_is(desk: Desk) -> None:
    text = "--version\n\u2028“ä” \\u0000 🙂"
    async with desk.talk([say(text)]) as talk:
        await talk.turn(text)
        assert talk.model.requests[-1].prompt == text
        assert talk.says == [text]
