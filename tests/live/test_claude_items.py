"""What Claude Code says and does becomes items: text, thoughts, calls, results, files."""

from __future__ import annotations

import base64

import msgspec
import pytest

from sandbox_agent.schema.content import FileRefPart, ImagePart, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from sandbox_agent.schema.events import ItemDelta, ItemStarted, TodoUpdated, TurnStarted, UsageUpdated
from sandbox_agent.testing import Usage, call, reply, say, think, when

from .conftest import Daemons
from .daemon import Desk
from .samples import PIXEL

pytestmark = pytest.mark.anyio


@pytest.mark.proves("text messages", "reasoning", "streaming deltas")
async def test_text_and_thoughts_stream_as_items_of_their_own(desk: Desk) -> None:
    script = [[think(["let me ", "think"]), say(["Hel", "lo ", "there"]), say(["and ", "more"], apart=True)]]
    async with desk.talk(script) as talk:
        ended = await talk.turn("hi")
        assert ended.reason == "completed"
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


@pytest.mark.proves("session lifecycle")
async def test_one_process_serves_many_turns_and_the_turn_names_its_message(desk: Desk) -> None:
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
async def test_tool_calls_and_results_are_linked_and_failures_are_failed(desk: Desk) -> None:
    commands = [call("Bash", {"command": "echo out; echo err >&2", "description": "say"})]
    script = [commands, [call("Read", {"file_path": "missing.txt"})], say("done")]
    async with desk.talk(script, permissionMode="bypass") as talk:
        await talk.turn("go")
        bash, read = talk.of("tool_call")
        output, missing = talk.of("tool_result")
        part = bash.content[0]
        assert isinstance(part, ToolCallPart)
        assert part.name == "Bash"
        assert msgspec.json.decode(part.arguments)["command"] == "echo out; echo err >&2"
        assert isinstance(output.content[0], ToolResultPart)
        assert output.content[0].call_id == part.call_id
        assert sorted(output.content[0].output.split()) == ["err", "out"]
        assert (output.status, missing.status) == ("completed", "failed")
        assert read.status == "completed"
        assert "does not exist" in talk.result().output


async def test_parallel_calls_get_their_own_results(desk: Desk) -> None:
    calls = [call("Bash", {"command": f"echo {word}", "description": word}) for word in ("one", "two", "three")]
    async with desk.talk([calls, say("done")], permissionMode="bypass") as talk:
        await talk.turn("go")
        outputs = {
            part.call_id: part.output.strip()
            for item in talk.of("tool_result")
            for part in item.content
            if isinstance(part, ToolResultPart)
        }
        names = {
            part.call_id: msgspec.json.decode(part.arguments)["description"]
            for item in talk.of("tool_call")
            for part in item.content
            if isinstance(part, ToolCallPart)
        }
        assert outputs == names


@pytest.mark.proves("file changes")
async def test_file_changes_carry_a_unified_diff(desk: Desk) -> None:
    path = desk.place / "poem.txt"
    script = [
        [call("Write", {"file_path": str(path), "content": "one\ntwo\nthree\n"})],
        [call("Edit", {"file_path": str(path), "old_string": "two", "new_string": "TWO"})],
        [call("Read", {"file_path": str(path)})],
        say("done"),
    ]
    async with desk.talk(script, permissionMode="acceptEdits") as talk:
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


async def test_pictures_that_tools_return_are_image_parts(desk: Desk) -> None:
    (desk.place / "pixel.png").write_bytes(PIXEL)
    async with desk.talk([[call("Read", {"file_path": "pixel.png"})], say("red")]) as talk:
        await talk.turn("look")
        image = next(part for part in talk.of("tool_result")[0].content if isinstance(part, ImagePart))
        assert image.mime == "image/png"
        head, _, data = image.path.partition(",")
        assert head == "data:image/png;base64"
        assert base64.b64decode(data) == PIXEL


@pytest.mark.proves("subagents")
async def test_a_subagent_works_below_the_call_that_started_it(desk: Desk) -> None:
    task = {"description": "inner", "prompt": "INNER task", "subagent_type": "general-purpose"}
    inner = when(
        "",
        [say("inner says"), call("Bash", {"command": "touch inner.txt", "description": "t"})],
        say("inner done"),
        first="INNER task",
    )
    script = [inner, [call("Agent", {**task, "run_in_background": False})], say("outer done")]
    async with desk.talk(script) as talk:
        await talk.send("go")
        request = await talk.permission()
        await talk.permit(request)
        assert (await talk.ended()).reason == "completed"
        assert (desk.place / "inner.txt").exists()
        outer, bash = talk.of("tool_call")
        started = {data.item.item_id for data in talk.all(ItemStarted)}
        assert request.metadata["itemId"] == bash.item_id
        assert bash.parent_id == outer.item_id
        below = [item for item in talk.items if item.parent_id == outer.item_id]
        assert {item.kind for item in below} >= {"message", "tool_call", "tool_result"}
        assert all(item.parent_id in started for item in talk.items if item.parent_id)
        inner_text = [item for item in talk.of("message", "assistant") if item.parent_id == outer.item_id]
        assert [part.text for item in inner_text for part in item.content if isinstance(part, TextPart)] == [
            "inner says",
            "inner done",
        ]


@pytest.mark.proves("usage")
async def test_usage_of_the_turn_and_of_the_session(desk: Desk) -> None:
    first = reply(say("one"), usage=Usage(input_tokens=100, output_tokens=10, cache_read_input_tokens=7))
    second = reply(say("two"), usage=Usage(input_tokens=200, output_tokens=20, cache_creation_input_tokens=5))
    async with desk.talk([first, second]) as talk:
        await talk.turn("go")
        await talk.turn("on")
        one, two = talk.all(UsageUpdated)
        assert (one.turn.input_tokens, one.turn.cache_read_tokens) == (100, 7)
        assert (two.turn.input_tokens, two.turn.cache_write_tokens) == (200, 5)
        assert one.session == one.turn
        assert (two.session.input_tokens, two.session.cache_read_tokens) == (300, 7)
        assert two.session.cost_usd == pytest.approx((one.turn.cost_usd or 0) + (two.turn.cost_usd or 0))
        assert (two.session.cost_usd or 0) > (one.session.cost_usd or 0) > 0
        assert (two.context_window or 0) >= 200_000


async def test_slash_commands_are_turns_like_any_other(desk: Desk) -> None:
    commands = desk.place / ".claude" / "commands"
    commands.mkdir(parents=True)
    (commands / "greet.md").write_text("Greet $ARGUMENTS politely")
    async with desk.talk([say("Good day, Ada")]) as talk:
        assert (await talk.turn("/greet Ada")).reason == "completed"
        assert talk.says == ["Good day, Ada"]
        assert "Greet Ada politely" in talk.model.requests[-1].prompt
        assert (await talk.turn("/cost")).reason == "completed"
        assert "cost" in talk.says[-1]


async def test_compaction_shows_as_a_status(desk: Desk) -> None:
    texts = [say(f"answer {number}") for number in range(4)]
    async with desk.talk([*texts, say("a summary"), say("afterwards")]) as talk:
        for number in range(4):
            await talk.turn(f"question {number}")
        assert (await talk.turn("/compact")).reason == "completed"
        assert "compacted" in talk.labels
        assert (await talk.turn("and now?")).reason == "completed"


@pytest.mark.proves("to-do lists")
async def test_the_to_do_list_is_told_whole(desk: Desk) -> None:
    script = [
        [call("TaskCreate", {"subject": "Plan", "description": "p"})],
        [call("TaskCreate", {"subject": "Build", "description": "b"})],
        [call("TaskUpdate", {"taskId": "1", "status": "in_progress"})],
        [call("TaskUpdate", {"taskId": "1", "status": "completed"})],
        say("done"),
    ]
    # 2.1.330 has these tools only for some models.
    async with desk.talk(script, model="claude-sonnet-4-5") as talk:
        await talk.turn("go")
        lists = [[(todo.content, todo.status) for todo in data.todos] for data in talk.all(TodoUpdated)]
        assert lists == [
            [("Plan", "pending")],
            [("Plan", "pending"), ("Build", "pending")],
            [("Plan", "in_progress"), ("Build", "pending")],
            [("Plan", "completed"), ("Build", "pending")],
        ]


async def test_the_older_to_do_tool_is_understood_too(desk: Desk, daemons: Daemons) -> None:
    first = [
        {"content": "Plan", "status": "in_progress", "activeForm": "Planning"},
        {"content": "Build", "status": "pending", "activeForm": "Building"},
    ]
    second = [{**first[0], "status": "completed"}, {**first[1], "status": "in_progress"}]
    script = [[call("TodoWrite", {"todos": first})], [call("TodoWrite", {"todos": second})], say("done")]
    async with desk.at(daemons(CLAUDE_CODE_ENABLE_TASKS="0")).talk(script, model="claude-sonnet-4-5") as talk:
        await talk.turn("go")
        lists = [[(todo.content, todo.status) for todo in data.todos] for data in talk.all(TodoUpdated)]
        assert lists == [
            [("Plan", "in_progress"), ("Build", "pending")],
            [("Plan", "completed"), ("Build", "in_progress")],
        ]
