"""What OpenCode says and does becomes items."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.live.samples import PDF, PIXEL

from sandbox_agent.schema.content import (
    FileRefPart,
    ImagePart,
    JsonPart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    streamed_text,
)
from sandbox_agent.schema.events import ItemDelta, Todo, TodoUpdated, TurnStarted, UsageUpdated
from sandbox_agent.testing import Usage, call, flood, reply, say, think, when

from .desk import OpenDesk

pytestmark = pytest.mark.anyio


def bash(command: str) -> Any:
    return call("bash", {"command": command, "description": "d"})


@pytest.mark.proves("text messages", "reasoning", "streaming deltas")
async def test_text_and_thoughts_stream_and_their_deltas_are_the_text(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([[think(["let me ", "think"]), say(["Hel", "lo", " \u2028 world"])]]) as talk:
        assert (await talk.turn("hi")).reason == "completed"
        user, thought, text = talk.of("message")
        assert (user.role, user.content) == ("user", (TextPart(text="hi"),))
        assert thought.content == (ReasoningPart(text="let me think"),)
        assert text.content == (TextPart(text="Hello \u2028 world"),)
        for item in (thought, text):
            said = [data.delta for data in talk.all(ItemDelta) if data.item_id == item.item_id]
            assert "".join(said) == streamed_text(item)
            assert len(said) > 1
        assert talk.errors == []


@pytest.mark.proves("session lifecycle")
async def test_one_server_serves_many_turns_of_one_conversation(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([say("one"), say("two"), say("three")]) as talk:
        servers = {process.pid for process in desk.agents()}
        for _ in range(3):
            await talk.turn("next")
        assert talk.says == ["one", "two", "three"]
        assert {process.pid for process in desk.agents()} == servers
        assert [data.message_id for data in talk.all(TurnStarted)] == ["msg_1", "msg_2", "msg_3"]
        natives = {event.native_session_id for event in talk.events if event.type == "turn.ended"}
        assert len(natives) == 1
        assert None not in natives


@pytest.mark.proves("tool calls", "tool results", "command execution")
async def test_a_command_is_a_call_and_a_result_with_its_output_as_it_comes(desk: OpenDesk) -> None:
    await desk.keep()
    commands = [[bash("echo one; sleep 0.3; echo two")], [bash("echo oh >&2; exit 3")], say("done")]
    async with desk.talk(commands) as talk:
        await talk.turn("go")
        called, failing = talk.of("tool_call")
        part = called.content[0]
        assert isinstance(part, ToolCallPart)
        assert part.name == "bash"
        assert msgspec.json.decode(part.arguments)["command"] == "echo one; sleep 0.3; echo two"
        result, failed = talk.of("tool_result")
        assert result.content == (
            ToolResultPart(call_id=part.call_id, output="one\ntwo\n"),
            JsonPart(json={"exit_code": 0}),
        )
        assert [data.delta for data in talk.all(ItemDelta) if data.item_id == result.item_id] == ["one\n", "two\n"]
        assert (failing.status, failed.status) == ("completed", "failed")
        assert failed.content[1] == JsonPart(json={"exit_code": 3})
        assert streamed_text(failed) == "oh\n"


async def test_a_very_long_output_is_told_in_pieces_and_says_where_all_of_it_is(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([[bash("for i in $(seq 40000); do echo line $i; done")], say("done")]) as talk:
        await talk.turn("go")
        (result,) = talk.of("tool_result")
        output = streamed_text(result)
        assert output.startswith("line 1\nline 2\n")
        body, _, note = output.partition("\n[The whole output is in ")
        assert body.endswith("line 40000\n")
        lines = [line for line in body.split("\n") if line.startswith("line ")]
        assert len(lines) == len(set(lines))
        full = Path(note.removesuffix("]\n")).read_text()  # noqa: ASYNC240
        assert full.count("\n") == 40000


async def test_tools_that_fail_or_do_not_exist_are_failed(desk: OpenDesk) -> None:
    await desk.keep()
    missing = call("read", {"filePath": str(desk.place / "missing.txt")})
    async with desk.talk([[missing], [call("nope", {})], [call("read", {"file": 1})], say("done")]) as talk:
        await talk.turn("go")
        assert [item.status for item in talk.of("tool_result")] == ["failed"] * 3
        names = [part.name for item in talk.of("tool_call") for part in item.content if isinstance(part, ToolCallPart)]
        assert names == ["read", "nope", "read"]
        assert "not found" in talk.result(0).output


async def test_parallel_calls_get_their_own_results(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([[bash(f"echo {word}") for word in ("one", "two", "three")], say("done")]) as talk:
        await talk.turn("go")
        commands = {
            part.call_id: msgspec.json.decode(part.arguments)["command"].removeprefix("echo ")
            for item in talk.of("tool_call")
            for part in item.content
            if isinstance(part, ToolCallPart)
        }
        outputs = {
            part.call_id: part.output.strip()
            for item in talk.of("tool_result")
            for part in item.content
            if isinstance(part, ToolResultPart)
        }
        assert outputs == commands


@pytest.mark.proves("file changes")
async def test_file_changes_carry_a_unified_diff(desk: OpenDesk) -> None:
    path = desk.place / "poem.txt"
    script = [
        [call("write", {"filePath": str(path), "content": "one\ntwo\nthree\n"})],
        [call("edit", {"filePath": str(path), "oldString": "two", "newString": "TWO"})],
        [call("read", {"filePath": str(path)})],
        say("done"),
    ]
    await desk.keep()
    async with desk.talk(script) as talk:
        await talk.turn("go")
        assert path.read_text() == "one\nTWO\nthree\n"
        files = [part for item in talk.of("tool_result") for part in item.content if isinstance(part, FileRefPart)]
        assert [(part.path, part.action) for part in files] == [
            (str(path), "write"),
            (str(path), "patch"),
            (str(path), "read"),
        ]
        assert files[0].diff == f"--- /dev/null\n+++ {path}\n@@ -0,0 +1,3 @@\n+one\n+two\n+three\n"
        assert files[1].diff == f"--- {path}\n+++ {path}\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n"
        assert files[2].diff is None


async def test_in_a_git_tree_a_step_tells_which_files_it_changed_by_whatever_means(own_desk: OpenDesk) -> None:
    subprocess.run(["git", "init", "-q"], cwd=own_desk.place, check=True)  # noqa: ASYNC221
    async with own_desk.talk([[bash("echo x > by_hand.txt")], say("done")]) as talk:
        await talk.turn("go")
        files = [part for item in talk.of("system") for part in item.content]
        assert files == [FileRefPart(path=str(own_desk.place / "by_hand.txt"), action="patch")]


@pytest.mark.proves("images", "file attachments")
async def test_pictures_and_documents_reach_the_model_and_pictures_of_tools_are_image_parts(desk: OpenDesk) -> None:
    picture, document, note = desk.place / "pixel.png", desk.place / "paper.pdf", desk.place / "note.json"
    picture.write_bytes(PIXEL)
    document.write_bytes(PDF)
    note.write_text('{"remember": "the milk"}')
    (desk.place / "blob.bin").write_bytes(b"\xff\x00\xfe")
    attachments = [
        {"path": str(picture), "mime": "image/png"},
        {"path": str(note), "mime": "application/json"},
        {"path": str(desk.place / "blob.bin")},
    ]
    await desk.keep()
    async with desk.talk([[call("read", {"filePath": str(picture)})], say("seen")]) as talk:
        await talk.turn("look", attachments=attachments)
        native_id = (await talk.detail())["nativeSessionId"]
        asked = next(each for each in talk.model.requests if each.session_id == native_id)
        (given,) = asked.blocks("image_url")
        assert given["image_url"]["url"] == f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"
        assert asked.mentions("the milk")
        assert asked.mentions("blob.bin")
        (user,) = talk.of("message", "user")
        assert [type(part) for part in user.content] == [TextPart, ImagePart, FileRefPart, FileRefPart]
        image = next(part for part in talk.of("tool_result")[0].content if isinstance(part, ImagePart))
        assert image.mime == "image/png"


@pytest.mark.proves("to-do lists")
async def test_the_to_do_list_is_told_as_it_changes(desk: OpenDesk) -> None:
    def todo(first: str, second: str) -> Any:
        entries = [("buy milk", first), ("drink it", second), ("never mind", "cancelled")]
        todos = [{"content": text, "status": status, "priority": "high"} for text, status in entries]
        return [call("todowrite", {"todos": todos})]

    await desk.keep()
    async with desk.talk([todo("in_progress", "pending"), todo("completed", "in_progress"), say("done")]) as talk:
        await talk.turn("go")
        first, second = talk.all(TodoUpdated)
        assert first.todos == (
            Todo(id="1", content="buy milk", status="in_progress"),
            Todo(id="2", content="drink it", status="pending"),
        )
        assert [todo.status for todo in second.todos] == ["completed", "in_progress"]


@pytest.mark.proves("subagents")
async def test_a_subagent_works_below_the_call_that_started_it(desk: OpenDesk) -> None:
    task = call("task", {"description": "sub", "prompt": "CHILD please", "subagent_type": "general"})
    child = when("CHILD", [bash("echo child")], say("child done"))
    await desk.keep()
    async with desk.talk([child, when("delegate", [task], say("parent done"))]) as talk:
        assert (await talk.turn("delegate")).reason == "completed"
        started = next(item for item in talk.of("tool_call") if item.parent_id is None)
        below = [item for item in talk.items if item.parent_id == started.item_id]
        assert [(item.kind, item.role) for item in below] == [
            ("message", "user"),
            ("tool_call", "assistant"),
            ("tool_result", "tool"),
            ("message", "assistant"),
        ]
        assert talk.says == ["child done", "parent done"]
        assert "child done" in streamed_text(talk.of("tool_result")[-1])


@pytest.mark.proves("usage")
async def test_usage_and_cost_are_counted_by_turn_and_by_session(desk: OpenDesk) -> None:
    first = reply(say("one"), usage=Usage(input_tokens=100, output_tokens=10, cache_read_input_tokens=20))
    await desk.keep()
    async with desk.talk([first, reply(say("two"), usage=Usage(input_tokens=7, output_tokens=3))]) as talk:
        await talk.turn("a")
        await talk.turn("b")
        one, two = talk.all(UsageUpdated)
        assert (one.turn.input_tokens, one.turn.output_tokens, one.turn.cache_read_tokens) == (100, 10, 20)
        assert one.turn.cost_usd == pytest.approx(100e-6 + 20e-6)
        assert (two.turn.input_tokens, two.session.input_tokens, two.session.output_tokens) == (7, 107, 13)
        assert two.session.cost_usd == pytest.approx((one.turn.cost_usd or 0) + 7e-6 + 6e-6)


async def test_a_flood_of_words_arrives_whole(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([[flood(5000, 16), say("end")]]) as talk:
        assert (await talk.turn("go")).reason == "completed"
        assert talk.says == ["".join(f"{number} ".rjust(16, ".") for number in range(5000)) + "end"]


async def test_a_very_long_message_reaches_the_model(desk: OpenDesk) -> None:
    long = "\u00e4 word " * 200_000
    await desk.keep()
    async with desk.talk([say("read")]) as talk:
        assert (await talk.turn(f"{long}and the end")).reason == "completed"
        assert talk.model.requests[-1].prompt == f"{long}and the end"
        assert talk.says == ["read"]
