"""What Amp says and does, as events."""

from __future__ import annotations

import pytest
from tests.live.samples import PIXEL

from sandbox_agent.schema.content import FileRefPart, ReasoningPart, TextPart, ToolCallPart
from sandbox_agent.schema.events import ItemDelta, TurnStarted, UsageUpdated
from sandbox_agent.testing import Usage, call, reply, say, think

from .conftest import AmpDesk

pytestmark = pytest.mark.anyio


@pytest.mark.proves("text messages", "reasoning")
async def test_text_and_thoughts_are_items_with_a_delta_each(desk: AmpDesk) -> None:
    async with desk.talk([[think("let me think"), say("Hello there")]]) as talk:
        assert (await talk.turn("hi")).reason == "completed"
        user, thought, said = talk.of("message")
        assert (user.role, user.content) == ("user", (TextPart(text="hi"),))
        assert thought.content == (ReasoningPart(text="let me think"),)
        assert said.content == (TextPart(text="Hello there"),)
        deltas = [(data.item_id, data.delta) for data in talk.all(ItemDelta)]
        assert deltas == [(thought.item_id, "let me think"), (said.item_id, "Hello there")]


@pytest.mark.proves("session lifecycle")
async def test_one_process_serves_many_turns_and_knows_what_was_said(desk: AmpDesk) -> None:
    async with desk.talk([say("one"), say("two"), say("three")]) as talk:
        for text in ("first", "second", "third"):
            await talk.turn(text)
        assert talk.says == ["one", "two", "three"]
        assert len({process.pid for process in desk.agents()}) == 1
        assert [data.message_id for data in talk.all(TurnStarted)] == ["msg_1", "msg_2", "msg_3"]
        assert talk.model.requests[-1].prompts == ("first", "second", "third")
        native = (await talk.detail())["nativeSessionId"]
        assert native.startswith("T-")


@pytest.mark.proves("tool calls", "tool results", "command execution")
async def test_tool_calls_and_results_are_linked_and_failures_are_failed(desk: AmpDesk) -> None:
    run = call("shell_command", {"command": "echo out; echo err >&2; exit 3"})
    script = [[say("I look."), run, call("shell_command", {"command": "echo fine"})], say("done")]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.turn("go")
        first, second = talk.of("tool_call")
        part = first.content[0]
        assert isinstance(part, ToolCallPart)
        assert part.name == "shell_command"
        results = talk.of("tool_result")
        assert [item.status for item in results] == ["failed", "completed"]
        assert talk.result(0).call_id == part.call_id
        assert "out\n" in talk.result(0).output
        assert talk.result(1).output == "fine\n"
        assert second.status == "completed"
        assert talk.says == ["I look.", "done"]


async def test_a_tool_that_does_not_exist_fails(desk: AmpDesk) -> None:
    async with desk.talk([[call("nosuch")], say("done")], permissionMode="bypass") as talk:
        assert (await talk.turn("go")).reason == "completed"
        assert talk.of("tool_result")[0].status == "failed"


@pytest.mark.proves("file changes")
async def test_file_changes_carry_a_unified_diff(desk: AmpDesk) -> None:
    path = str(desk.place / "a.txt")
    script = [
        [call("create_file", {"path": path, "content": "one\ntwo\n"})],
        [call("edit_file", {"path": path, "old_str": "two", "new_str": "2"})],
        [call("apply_patch", {"patchText": f"*** Begin Patch\n*** Update File: {path}\n@@\n-one\n+1\n*** End Patch"})],
        [call("Read", {"path": path})],
        say("done"),
    ]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.turn("go")
        files = [part for item in talk.of("tool_result") for part in item.content if isinstance(part, FileRefPart)]
        assert [(file.path, file.action) for file in files] == [
            (path, "write"),
            (path, "patch"),
            (path, "patch"),
            (path, "read"),
        ]
        assert files[0].diff == f"--- /dev/null\n+++ {path}\n@@ -0,0 +1,2 @@\n+one\n+two\n"
        assert "-two\n+2" in (files[1].diff or "")
        assert (files[2].diff or "").startswith("--- ")
        assert "-one\n+1" in (files[2].diff or "")
        assert (desk.place / "a.txt").read_text() == "1\n2\n"


@pytest.mark.proves("usage")
async def test_usage_adds_up_over_messages_turns_and_the_session(desk: AmpDesk) -> None:
    tokens = Usage(input_tokens=100, output_tokens=10, cache_read_input_tokens=7, cache_creation_input_tokens=5)
    script = [
        reply(call("shell_command", {"command": "true"}), usage=tokens),
        reply(say("one"), usage=tokens),
        reply(say("two"), usage=tokens),
    ]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.turn("go")
        await talk.turn("on")
        one, two = talk.all(UsageUpdated)
        assert (one.turn.input_tokens, one.turn.output_tokens) == (200, 20)
        assert (one.turn.cache_read_tokens, one.turn.cache_write_tokens) == (14, 10)
        assert one.session == one.turn
        assert (two.turn.input_tokens, two.session.input_tokens) == (100, 300)
        assert two.session.cost_usd is None


@pytest.mark.proves("images", "file attachments")
async def test_pictures_and_files_reach_the_model(desk: AmpDesk) -> None:
    (desk.place / "dot.png").write_bytes(PIXEL)
    (desk.place / "note.txt").write_text("remember the milk")
    attachments = [{"path": "dot.png", "mime": "image/png"}, {"path": "note.txt"}]
    async with desk.talk([say("seen")]) as talk:
        await talk.turn("look", attachments=attachments)
        (user,) = talk.of("message", "user")
        assert user.content[0] == TextPart(text="look")
        request = talk.model.requests[-1]
        assert len(request.blocks("image")) == 1
        assert request.mentions("remember the milk")
        assert request.mentions("look")
