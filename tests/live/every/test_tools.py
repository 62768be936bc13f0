"""What tools do and what goes along with a message is told in the same way, whichever agent it is."""

from __future__ import annotations

import asyncio
import base64

import pytest
from tests.live.daemon import PATIENCE
from tests.live.samples import PIXEL
from tests.live.tool_servers import program

from sandbox_agent import (
    FileRefPart,
    ImagePart,
    PermissionReply,
    PermissionRequested,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from sandbox_agent.testing import call, say

from .conftest import Stage

pytestmark = pytest.mark.anyio


@pytest.mark.proves("file changes")
async def test_a_file_that_is_written_and_changed_is_named_with_a_unified_diff(stage: Stage) -> None:
    path = stage.place / "poem.txt"
    session = await stage.session([*stage.kind.edits(path), say("done")], permission_mode="acceptEdits")
    async with asyncio.timeout(PATIENCE):
        result = await session.send("go").wait()
    assert path.read_text() == "one\nTWO\nthree\n"
    written, changed = (part for item in result.items for part in item.content if isinstance(part, FileRefPart))
    assert [(part.path, part.action) for part in (written, changed)] == [(str(path), "write"), (str(path), "patch")]
    assert (written.diff or "").startswith(f"--- /dev/null\n+++ {path}\n@@ ")
    assert "\n+one\n+two\n+three\n" in (written.diff or "")
    assert (changed.diff or "").startswith(f"--- {path}\n+++ {path}\n@@ ")
    assert "\n-two\n+TWO\n" in (changed.diff or "")


@pytest.mark.proves("images", "file attachments")
async def test_a_picture_and_a_text_reach_the_model_and_are_parts_of_the_message(stage: Stage) -> None:
    picture, note = stage.place / "dot.png", stage.place / "note.txt"
    picture.write_bytes(PIXEL)
    note.write_text("remember the milk")
    session = await stage.session([say("seen")])
    async with asyncio.timeout(PATIENCE):
        result = await session.send("look", attachments=[picture, note]).wait()
    assert result.text == "seen"
    heard = next(request for request in reversed(stage.model.requests) if request.mentions("remember the milk"))
    assert heard.mentions(base64.b64encode(PIXEL).decode())
    user = next(item for item in await session.messages() if item.role == "user")
    assert user.content == (
        TextPart(text="look"),
        ImagePart(path=str(picture), mime="image/png"),
        FileRefPart(path=str(note), action="read"),
    )


@pytest.mark.proves("MCP tools")
async def test_a_tool_of_a_server_is_asked_for_and_called_and_no_other_session_has_it(stage: Stage) -> None:
    asked: list[PermissionRequested] = []

    def answer(request: PermissionRequested) -> PermissionReply:
        asked.append(request)
        return "once"

    script = [[call(stage.kind.tool.format("tools", "look"), {"what": "there"})], say("done")]
    session = await stage.session(script, mcp={"tools": program(env={"TOOL_KEY": "canary"})})
    async with asyncio.timeout(PATIENCE):
        result = await session.send("look", on_permission=answer).wait()
    assert result.reason == "completed"
    parts = [part for item in result.items for part in item.content]
    (called,) = (part for part in parts if isinstance(part, ToolCallPart))
    (came,) = (part for part in parts if isinstance(part, ToolResultPart))
    assert came.call_id == called.call_id
    assert "canary" in str(came.output)
    assert [request.action for request in asked] == [called.name]
    assert stage.model.requests[-1].mentions("canary")
    other = await stage.session(script, permission_mode="bypass")
    async with asyncio.timeout(PATIENCE):
        assert (await other.send("look").wait()).text == "done"
    assert not stage.model.requests[-1].mentions("canary")


@pytest.mark.parametrize("shift", ["", "a"])
async def test_output_that_the_agent_cuts_within_an_emoji_has_a_result(stage: Stage, shift: str) -> None:
    """JavaScript cuts by halves of one, and writes the half as no other reader of JSON takes it."""
    line = f"""python3 -c 'print("{shift}" + chr(128512) * 200000)'"""
    session = await stage.session([[stage.command(line)], say("done")], permission_mode="bypass")
    async with asyncio.timeout(PATIENCE):
        result = await session.send("go").wait()
    assert result.text == "done"
    (item,) = (item for item in result.items if item.kind == "tool_result")
    assert item.status == "completed"
    assert any(isinstance(part, ToolResultPart) for part in item.content)
