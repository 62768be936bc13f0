"""Newer models get one tool, a script that calls the others; what the script does is shown like any other work."""

from __future__ import annotations

from typing import Any

import pytest
from tests.live.daemon import gone, there

from sandbox_agent.schema.content import FileRefPart, StatusPart
from sandbox_agent.testing import call, load_script, say, when

from .conftest import CodexDesk
from .test_interrupt import waiting
from .test_items import called

pytestmark = pytest.mark.anyio

PATCH = "*** Begin Patch\\n*** Add File: new.txt\\n+hello\\n*** End Patch\\n"


def script(code: str) -> Any:
    return call("functions/exec", {"freeform": code})


async def test_commands_and_patches_of_a_script_are_items(desk: CodexDesk) -> None:
    code = f"""
    const listed = await tools.exec_command({{cmd: "echo out"}});
    await tools.apply_patch("{PATCH}");
    text(listed.output);
    """
    async with desk.talk([script(code), say("done")], permissionMode="bypass", model=None) as talk:
        assert (await talk.turn("go")).reason == "completed"
        assert [called(item)[0] for item in talk.of("tool_call")] == ["shell", "apply_patch"], talk.story()
        assert talk.result(0).output == "out\n"
        assert any(isinstance(part, FileRefPart) for part in talk.of("tool_result")[1].content)
        assert (desk.place / "new.txt").read_text() == "hello\n"
        assert talk.model.requests[-1].mentions("out")


async def test_a_script_waits_for_permissions(desk: CodexDesk) -> None:
    code = 'text((await tools.exec_command({cmd: "touch x"})).output)'
    async with desk.talk([script(code), say("done")], model=None) as talk:
        await talk.send("go")
        request = await talk.permission()
        assert "touch x" in request.metadata["command"]
        await talk.permit(request)
        assert (await talk.ended()).reason == "completed"
        assert (desk.place / "x").exists()


async def test_an_interrupt_ends_a_script_and_its_commands(desk: CodexDesk) -> None:
    mark, command = waiting(desk)
    code = f'await tools.exec_command({{cmd: "{command}", yield_time_ms: 30000}})'
    async with desk.talk([script(code), say("fresh")], permissionMode="bypass", model=None) as talk:
        await talk.send("go")
        await there(mark)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        await gone(mark)
        assert (await talk.turn("again")).reason == "completed"


async def test_a_subagent_of_newer_models_works_below_the_note_of_its_start(desk: CodexDesk) -> None:
    spawn = call("collaboration/spawn_agent", {"task_name": "cave", "message": "explore", "fork_turns": "none"})
    # What a subagent is told comes encrypted from these models, so it is no prompt of the script's.
    steps = [when("^go$", spawn, say("sent")), say("there are bats")]
    async with desk.talk(steps, permissionMode="bypass", model=None) as talk:
        await talk.turn("go")
        await talk.reads(lambda: "there are bats" in talk.says)
        note = next(
            item
            for item in talk.of("status")
            if item.content == (StatusPart(label="subagent", detail="/root/cave started"),)
        )
        below = [item for item in talk.items if item.parent_id == note.item_id]
        assert [item.kind for item in below] == ["message"]


async def test_the_demo_shows_a_patch_a_command_and_a_question(desk: CodexDesk) -> None:
    async with desk.talk(load_script("demo-codex"), permissionMode="bypass", model=None) as talk:
        await talk.send("Show me what you can do.")
        await talk.answer(await talk.question(), ["Very much"])
        assert (await talk.ended()).reason == "completed"
        assert (desk.place / "greeting.txt").read_text() == "Hello, world!\n"
        assert talk.says[-1] == "Thank you, and goodbye!"
