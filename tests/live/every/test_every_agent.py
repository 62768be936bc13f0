"""The same client code on every agent sees the same grammar."""

from __future__ import annotations

import asyncio
import re

import pytest
from tests.live.daemon import PATIENCE, gone

from sandbox_agent import (
    ErrorReported,
    ItemCompleted,
    PermissionReply,
    PermissionRequested,
    ToolCallPart,
    ToolResultPart,
    TurnResult,
)
from sandbox_agent.testing import fail, say

from .conftest import Stage

pytestmark = pytest.mark.anyio


@pytest.mark.proves("text messages", "session lifecycle", "queue", "usage", "resume")
async def test_messages_are_answered_in_order_and_another_session_goes_on(stage: Stage) -> None:
    session = await stage.session([say("one"), say("two"), say("three")])
    async with asyncio.timeout(PATIENCE):
        first, second = session.send("first"), session.send("second")
        delivered = [await first, await second]
        results = [await first.wait(), await second.wait()]
    assert [each.delivery for each in delivered] == ["started", "queued"]
    assert [(result.reason, result.text) for result in results] == [("completed", "one"), ("completed", "two")]
    assert all(result.usage is not None and result.usage.input_tokens > 0 for result in results)
    native = (await session.info()).native_session_id
    await session.terminate()
    other = await stage.session([say("three")], resume=native)
    async with asyncio.timeout(PATIENCE):
        assert (await other.send("third").wait()).text == "three"
    assert stage.model.requests[-1].prompts == ("first", "second", "third")


@pytest.mark.proves("tool calls", "tool results", "command execution", "permissions", "session diff")
async def test_a_command_is_asked_for_run_and_told(stage: Stage) -> None:
    answers: list[PermissionReply] = ["once", "reject"]
    asked: list[PermissionRequested] = []

    def answer(request: PermissionRequested) -> PermissionReply:
        asked.append(request)
        return answers[len(asked) - 1]

    script = [[stage.command("echo yes > yes.txt")], say("done"), [stage.command("echo no > no.txt")], say("sorry")]
    session = await stage.session(script)
    async with asyncio.timeout(PATIENCE):
        allowed = await session.send("go", on_permission=answer).wait()
        refused = await session.send("on", on_permission=answer).wait()
    assert (allowed.reason, refused.reason) == ("completed", "completed")
    assert linked(allowed) == ["completed"]
    assert linked(refused) == ["failed"]
    diff = await session.diff()
    assert [(file.path, file.change) for file in diff.files] == [("yes.txt", "added")]


def linked(result: TurnResult) -> list[str]:
    """How the tools of a turn ended, each of which has a call."""
    parts = [(part, item) for item in result.items for part in item.content]
    calls = {part.call_id for part, _ in parts if isinstance(part, ToolCallPart)}
    results = {part.call_id: item.status for part, item in parts if isinstance(part, ToolResultPart)}
    assert results.keys() == calls
    return list(results.values())


@pytest.mark.proves("interrupt")
async def test_an_interrupt_ends_the_turn_and_its_command_and_the_session_goes_on(stage: Stage) -> None:
    session = await stage.session([[stage.command("sleep 7103")]], permission_mode="bypass")
    async with asyncio.timeout(PATIENCE):
        turn = session.send("wait")
        async for event in turn:
            if isinstance(event.data, ItemCompleted) and event.data.item.kind == "tool_call":
                await session.interrupt()
        assert (await turn.wait()).reason == "interrupted"
        await gone("sleep 7103")
        stage.model.play([say("here again")])
        assert (await session.send("again").wait()).text == "here again"


@pytest.mark.proves("error events")
async def test_an_error_has_a_code_and_ends_the_turn_only(stage: Stage) -> None:
    session = await stage.session([fail(401, "Invalid or missing API key", times="always")])
    async with asyncio.timeout(PATIENCE):
        result = await session.send("go").wait()
    assert result.reason == "error"
    assert [type(error) for error in result.errors] == [ErrorReported]
    assert result.errors[0].code == "authentication_failed"
    assert re.match(r"set .*_API_KEY in the environment of sandbox-agent, or log in", result.errors[0].hint or "")
    stage.model.play([say("better")])
    async with asyncio.timeout(PATIENCE):
        assert (await session.send("again").wait()).text == "better"
