"""What Codex says and does becomes items: text, thoughts, calls, results, files."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from tests.live.samples import PIXEL

from sandbox_agent.schema.content import (
    FileRefPart,
    ImagePart,
    Item,
    JsonPart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from sandbox_agent.schema.events import ItemDelta, TodoUpdated, TurnStarted, UsageUpdated
from sandbox_agent.testing import Usage, call, emit, reply, say, think, when

from .conftest import BOTH, CodexDesk

pytestmark = pytest.mark.anyio

VERSIONS = BOTH


@pytest.mark.proves("text messages", "reasoning", "streaming deltas")
async def test_text_and_thoughts_stream_as_items_of_their_own(desk: CodexDesk) -> None:
    script = [[think(["let me ", "think"]), say(["Hel", "lo ", "there"]), say(["and ", "more"], apart=True)]]
    async with desk.talk(script) as talk:
        ended = await talk.turn("hi")
        assert ended.reason == "completed", talk.story()
        user, thought, first, second = talk.of("message")
        assert (user.role, user.content) == ("user", (TextPart(text="hi"),))
        assert thought.content == (ReasoningPart(text="let me think"),)
        assert first.content == (TextPart(text="Hello there"),)
        assert second.content == (TextPart(text="and more"),)
        deltas = [(data.item_id, data.delta) for data in talk.all(ItemDelta)]
        assert deltas == [
            (thought.item_id, "let me "),
            (thought.item_id, "think"),
            (first.item_id, "Hel"),
            (first.item_id, "lo "),
            (first.item_id, "there"),
            (second.item_id, "and "),
            (second.item_id, "more"),
        ]


def patch(*lines: str) -> Any:
    return call("apply_patch", {"freeform": "\n".join(["*** Begin Patch", *lines, "*** End Patch", ""])})


def called(item: Item) -> tuple[str, dict[str, Any]]:
    (part,) = item.content
    assert isinstance(part, ToolCallPart)
    arguments: dict[str, Any] = msgspec.json.decode(part.arguments)
    return part.name, arguments


@pytest.mark.proves("session lifecycle")
async def test_many_turns_of_one_session_name_their_messages(desk: CodexDesk) -> None:
    async with desk.talk([say("one"), say("two"), say("three")]) as talk:
        for _ in range(3):
            await talk.turn("next")
        assert talk.says == ["one", "two", "three"]
        assert len({process.pid for process in desk.agents()}) == 1
        assert [data.message_id for data in talk.all(TurnStarted)] == ["msg_1", "msg_2", "msg_3"]
        natives = {event.native_session_id for event in talk.events if event.type == "turn.ended"}
        assert len(natives) == 1
        assert None not in natives


@pytest.mark.proves("tool calls", "tool results", "command execution")
async def test_a_command_is_a_call_and_a_result_with_exit_code_and_duration(desk: CodexDesk) -> None:
    script = [call("exec_command", {"cmd": "echo out; echo err >&2; exit 3"}), say("done")]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.turn("go")
        (item,), (result,) = talk.of("tool_call"), talk.of("tool_result")
        name, arguments = called(item)
        assert name == "shell"
        assert "exit 3" in arguments["command"]
        assert arguments["cwd"] == str(desk.place)
        answer, more = result.content
        assert isinstance(answer, ToolResultPart)
        assert answer.call_id == item.native_item_id
        assert sorted(answer.output.split()) == ["err", "out"]  # two pipes: the CLI may read either first
        assert isinstance(more, JsonPart)
        assert more.json["exit_code"] == 3
        assert more.json["duration_ms"] >= 0
        assert result.status == "failed"


async def test_the_output_of_a_slow_command_comes_in_deltas_and_whole_at_the_end(desk: CodexDesk) -> None:
    script = [call("exec_command", {"cmd": "for i in 1 2 3 4; do echo $i; sleep 0.5; done"}), say("done")]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.turn("go")
        (result,) = talk.of("tool_result")
        deltas = [data.delta for data in talk.all(ItemDelta) if data.item_id == result.item_id]
        assert "4\n" in "".join(deltas)
        whole = [part.json["output"] for part in result.content if isinstance(part, JsonPart) and "output" in part.json]
        assert [*whole, talk.result().output][0] == "1\n2\n3\n4\n"


async def test_a_file_that_a_command_reads_is_named(desk: CodexDesk) -> None:
    (desk.place / "notes.txt").write_text("one\n")
    async with desk.talk(
        [call("exec_command", {"cmd": "cat notes.txt"}), say("done")], permissionMode="bypass"
    ) as talk:
        await talk.turn("go")
        assert talk.of("tool_result")[0].content[-1] == FileRefPart(path=str(desk.place / "notes.txt"), action="read")


@pytest.mark.proves("file changes")
async def test_a_patch_shows_each_file_with_its_diff(desk: CodexDesk) -> None:
    old, new, gone = (desk.place / name for name in ("old.txt", "new.txt", "gone.txt"))
    old.write_text("one\ntwo\n")
    gone.write_text("bye\n")
    lines = ("*** Add File: new.txt", "+hello", "*** Update File: old.txt", "@@", " one", "-two", "+three")
    script = [[patch(*lines, "*** Delete File: gone.txt")], say("done")]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.turn("go")
        (item,), (result,) = talk.of("tool_call"), talk.of("tool_result")
        name, arguments = called(item)
        assert name == "apply_patch"
        assert {change["kind"] for change in arguments["changes"]} == {"add", "update", "delete"}
        parts = {part.path: part for part in result.content if isinstance(part, FileRefPart)}
        assert parts[str(new)].action == "write"
        assert parts[str(new)].diff == f"--- /dev/null\n+++ {new}\n@@ -0,0 +1,1 @@\n+hello\n"
        assert parts[str(old)].action == "patch"
        assert (parts[str(old)].diff or "").startswith(f"--- {old}\n+++ {old}\n@@ ")
        assert "-two\n+three" in (parts[str(old)].diff or "")
        assert parts[str(gone)].diff == f"--- {gone}\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-bye\n"
        assert old.read_text() == "one\nthree\n"
        assert not gone.exists()


async def test_a_moved_file_is_named_by_its_new_place(desk: CodexDesk) -> None:
    (desk.place / "old.txt").write_text("one\n")
    lines = ("*** Update File: old.txt", "*** Move to: new.txt", "@@", "-one", "+two")
    async with desk.talk([[patch(*lines)], say("done")], permissionMode="bypass") as talk:
        await talk.turn("go")
        (part,) = [each for each in talk.of("tool_result")[0].content if isinstance(each, FileRefPart)]
        assert part.path == str(desk.place / "new.txt")
        assert part.diff == f"--- {desk.place}/old.txt\n+++ {desk.place}/new.txt\n@@ -1 +1 @@\n-one\n+two\n"


@pytest.mark.proves("to-do lists")
async def test_the_plan_of_steps_is_the_todo_list(desk: CodexDesk) -> None:
    steps = [{"step": "look", "status": "completed"}, {"step": "do", "status": "in_progress"}]
    async with desk.talk([call("update_plan", {"plan": steps}), say("done")]) as talk:
        await talk.turn("go")
        (told,) = talk.all(TodoUpdated)
        assert [(todo.id, todo.content, todo.status) for todo in told.todos] == [
            ("1", "look", "completed"),
            ("2", "do", "in_progress"),
        ]


async def test_a_web_search_is_a_call_and_a_result(desk: CodexDesk) -> None:
    action = {"type": "search", "query": "codex"}
    item = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": action}
    added = {"type": "response.output_item.added", "output_index": 0, "item": {**item, "status": "in_progress"}}
    done = {"type": "response.output_item.done", "output_index": 0, "item": item}
    async with desk.talk([[emit(added), emit(done), say("found")]]) as talk:
        await talk.turn("look it up")
        name, arguments = called(talk.of("tool_call")[-1])
        assert name == "web_search"
        assert arguments["query"] == "codex"
        assert talk.of("tool_result")[0].status == "completed"


async def test_an_image_that_the_model_looks_at_is_shown(desk: CodexDesk) -> None:
    path = desk.place / "dot.png"
    path.write_bytes(PIXEL)
    async with desk.talk([call("view_image", {"path": str(path)}), say("red")]) as talk:
        await talk.turn("look")
        assert called(talk.of("tool_call")[0]) == ("view_image", {"path": str(path)})
        assert ImagePart(path=str(path)) in talk.of("tool_result")[0].content


async def test_raw_thoughts_are_private(desk: CodexDesk) -> None:
    opened = {"type": "reasoning", "id": "rs_1", "summary": [], "content": []}
    delta = {"type": "response.reasoning_text.delta", "item_id": "rs_1", "output_index": 0, "content_index": 0}
    whole = {**opened, "content": [{"type": "reasoning_text", "text": "raw thoughts"}]}
    script = [
        emit({"type": "response.output_item.added", "output_index": 0, "item": opened}),
        emit({**delta, "delta": "raw "}),
        emit({**delta, "delta": "thoughts"}),
        emit({"type": "response.output_item.done", "output_index": 0, "item": whole}),
        say("said"),
    ]
    async with desk.talk([script]) as talk:
        await talk.turn("think")
        thought = talk.of("message", "assistant")[0]
        assert thought.content == (ReasoningPart(text="raw thoughts", visibility="private"),)
        assert [data.delta for data in talk.all(ItemDelta)][:2] == ["raw ", "thoughts"]


@pytest.mark.proves("images", "file attachments")
async def test_images_and_files_reach_the_model(desk: CodexDesk) -> None:
    (desk.place / "dot.png").write_bytes(PIXEL)
    (desk.place / "notes.txt").write_text("remember the milk")
    (desk.place / "blob.bin").write_bytes(b"\xff\xfe\x00")
    attachments = [{"path": "dot.png"}, {"path": "notes.txt"}, {"path": "blob.bin"}]
    async with desk.talk([say("seen")]) as talk:
        await talk.turn("look", attachments=attachments)
        request = talk.model.requests[-1]
        (image,) = request.blocks("input_image")
        assert image["image_url"] == f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"
        assert request.mentions("remember the milk")
        assert request.mentions(f"Attached file: {desk.place}/blob.bin")
        parts = talk.of("message", "user")[0].content
        assert [type(part) for part in parts] == [TextPart, ImagePart, FileRefPart, FileRefPart]


@pytest.mark.proves("usage")
async def test_tokens_are_counted_by_turn_and_by_session(desk: CodexDesk) -> None:
    usage = Usage(input_tokens=10, output_tokens=5, cache_read_input_tokens=20)
    script = [reply(call("exec_command", {"cmd": "true"}), usage=usage), reply(say("a"), usage=usage)] * 2
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.turn("one")
        await talk.turn("two")
        last = talk.all(UsageUpdated)[-1]
        assert (last.turn.input_tokens, last.turn.output_tokens, last.turn.cache_read_tokens) == (20, 10, 40)
        assert (last.session.input_tokens, last.session.output_tokens) == (40, 20)
        assert last.context_window


@pytest.mark.proves("subagents")
async def test_a_subagent_works_below_the_call_that_started_it(desk: CodexDesk) -> None:
    script = [
        when("explore the cave", call("exec_command", {"cmd": "echo bats"}), say("there are bats")),
        call("multi_agent_v1/spawn_agent", {"message": "explore the cave"}),
        say("sent"),
    ]
    async with desk.talk(script, permissionMode="bypass", model="scripted") as talk:
        await talk.turn("go")
        await talk.reads(lambda: "there are bats" in talk.says)
        spawn = next(item for item in talk.of("tool_call") if called(item)[0] == "spawnAgent")
        assert called(spawn)[1]["prompt"] == "explore the cave"
        below = [item for item in talk.items if item.parent_id == spawn.item_id]
        assert {"message", "tool_call", "tool_result"} <= {item.kind for item in below}
        assert not any(
            item.parent_id for item in talk.of("message", "assistant") if item.content == (TextPart(text="sent"),)
        )
