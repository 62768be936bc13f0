from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sandbox_agent.schema.content import (
    FileRefPart,
    ImagePart,
    JsonPart,
    ReasoningPart,
    StatusPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from sandbox_agent.schema.events import ItemDelta

from .chat import Chat


@pytest.fixture
def chat() -> Chat:
    chat = Chat()
    chat.started()
    return chat


def deltas(chat: Chat) -> list[str]:
    return [event.data.delta for event in chat.events if isinstance(event.data, ItemDelta)]


def test_text_streams_and_ends(chat: Chat) -> None:
    chat.item("agentMessage", begins=True, text="")
    chat.told("item/agentMessage/delta", itemId="i1", delta="Hel")
    chat.told("item/agentMessage/delta", itemId="i1", delta="lo")
    chat.item("agentMessage", text="Hello")
    assert deltas(chat) == ["Hel", "lo"]
    assert chat.items[-1].content == (TextPart(text="Hello"),)


def test_a_message_that_was_cut_is_failed_when_the_next_one_begins(chat: Chat) -> None:
    chat.item("agentMessage", "i1", begins=True)
    chat.told("item/agentMessage/delta", itemId="i1", delta="half")
    chat.item("agentMessage", "i2", begins=True)
    cut = chat.items[-1]
    assert (cut.status, cut.content) == ("failed", (TextPart(text="half"),))
    chat.item("agentMessage", "i2", text="whole")
    assert chat.items[-1].status == "completed"


def test_parts_of_a_summary_stand_apart_and_raw_thoughts_are_private(chat: Chat) -> None:
    chat.item("reasoning", begins=True)
    chat.told("item/reasoning/textDelta", itemId="i1", delta="raw", contentIndex=0)
    chat.told("item/reasoning/summaryTextDelta", itemId="i1", delta="one", summaryIndex=0)
    chat.told("item/reasoning/summaryTextDelta", itemId="i1", delta="two", summaryIndex=1)
    chat.item("reasoning", summary=["one", "two"], content=["raw"])
    raw, summary = chat.items[-2:]
    assert raw.content == (ReasoningPart(text="raw", visibility="private"),)
    assert summary.content == (ReasoningPart(text="one\n\ntwo"),)
    assert deltas(chat) == ["raw", "one", "\n\ntwo"]


def test_a_reasoning_without_words_is_no_item(chat: Chat) -> None:
    before = len(chat.events)
    chat.item("reasoning", begins=True, summary=[], content=[])
    chat.item("reasoning", summary=[], content=[])
    assert len(chat.events) == before


def command(chat: Chat, **fields: Any) -> tuple[Any, ...]:
    chat.item("commandExecution", "c1", begins=True, command="ls", cwd="/w", processId="1")
    for delta in fields.pop("deltas", ()):
        chat.told("item/commandExecution/outputDelta", itemId="c1", delta=delta)
    chat.item("commandExecution", "c1", command="ls", cwd="/w", **{"status": "completed", "exitCode": 0, **fields})
    return chat.items[-1].content


def test_a_command_is_called_at_once_and_its_result_follows(chat: Chat) -> None:
    content = command(chat, aggregatedOutput="a\nb\n", durationMs=12, deltas=["a\n"])
    call, result = chat.items[-2:]
    assert call.content == (ToolCallPart(name="shell", arguments='{"command":"ls","cwd":"/w"}', call_id="c1"),)
    assert content[0] == ToolResultPart(call_id="c1", output="a\nb\n")
    assert content[1] == JsonPart(json={"exit_code": 0, "duration_ms": 12, "status": "completed"})
    assert (call.status, result.status) == ("completed", "completed")


@pytest.mark.parametrize(
    "fields",
    [
        {"exitCode": 1},
        {"status": "failed"},
        {"status": "declined", "exitCode": None},
        {"status": {"odd": 1}, "exitCode": 2},
    ],
)
def test_a_command_that_did_not_do_it_is_failed(chat: Chat, fields: Any) -> None:
    command(chat, **fields)
    assert chat.items[-1].status == "failed"


def test_what_the_deltas_left_out_is_in_the_result(chat: Chat) -> None:
    content = command(chat, aggregatedOutput="1\n2\n", deltas=["2\n"])
    assert content[0] == ToolResultPart(call_id="c1", output="2\n")
    assert JsonPart(json={"output": "1\n2\n"}) in content


def test_of_a_long_output_the_deltas_are_more(chat: Chat) -> None:
    content = command(chat, aggregatedOutput="tail", deltas=["head and ", "tail"])
    assert content[0] == ToolResultPart(call_id="c1", output="head and tail")
    assert not any(isinstance(part, JsonPart) and "output" in part.json for part in content)


def test_files_that_a_command_reads_are_named(chat: Chat) -> None:
    content = command(chat, commandActions=[{"type": "read", "path": "x.txt"}, {"type": "search"}])
    assert content[-1] == FileRefPart(path="/w/x.txt", action="read")


def test_a_declined_patch_changed_nothing(chat: Chat) -> None:
    changes = [{"path": "/w/a", "kind": {"type": "add"}, "diff": "x\n"}]
    chat.item("fileChange", "f1", begins=True, changes=changes, status="inProgress")
    chat.item("fileChange", "f1", changes=changes, status="declined")
    result = chat.items[-1]
    assert result.status == "failed"
    assert result.content == (ToolResultPart(call_id="f1", output="The patch was declined."),)


TOOLS: list[tuple[dict[str, Any], str, dict[str, Any] | None, str]] = [
    (
        {"type": "mcpToolCall", "server": "s", "tool": "t", "arguments": {"a": 1}, "status": "completed",
         "result": {"content": [{"type": "text", "text": "yes"}]}},
        "mcp__s__t", {"a": 1}, "yes",
    ),
    (
        {"type": "mcpToolCall", "server": "s", "tool": "t", "status": "failed", "error": {"message": "no"}},
        "mcp__s__t", None, "no",
    ),
    (
        {"type": "dynamicToolCall", "namespace": "n", "tool": "t", "arguments": {}, "status": "completed",
         "contentItems": [{"type": "inputText", "text": "done"}]},
        "n.t", {}, "done",
    ),
    (
        {"type": "collabAgentToolCall", "tool": "wait", "status": "completed", "receiverThreadIds": ["x"],
         "agentsStates": {"x": {"status": "completed", "message": "dug"}}},
        "wait", {"prompt": None, "agents": ["x"]}, "x: completed dug",
    ),
    ({"type": "webSearch", "query": "q", "results": None}, "web_search", {"query": "q"}, "q"),
    ({"type": "imageView", "path": "/w/x.png"}, "view_image", {"path": "/w/x.png"}, ""),
    (
        {"type": "imageGeneration", "status": "completed", "revisedPrompt": "a cat", "savedPath": "/w/cat.png"},
        "image_generation", {"prompt": "a cat"}, "/w/cat.png",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "name", "arguments", "output"), TOOLS, ids=[f"{n}-{o}" for _, n, _, o in TOOLS])
def test_each_tool_is_a_call_and_a_result(
    chat: Chat, fields: dict[str, Any], name: str, arguments: dict[str, Any] | None, output: str
) -> None:
    kind = {key: value for key, value in fields.items() if key != "type"}
    chat.item(fields["type"], "t1", **kind)
    call, result = chat.items[-2:]
    (part,) = call.content
    assert isinstance(part, ToolCallPart)
    assert (part.name, msgspec.json.decode(part.arguments), part.call_id) == (name, arguments, "t1")
    assert result.content[0] == ToolResultPart(call_id="t1", output=output)
    assert result.status == ("failed" if fields.get("status") == "failed" else "completed")


def test_pictures_of_tools_are_shown(chat: Chat) -> None:
    content = [{"type": "image", "data": "AAAA", "mimeType": "image/png"}]
    chat.item("mcpToolCall", "t1", server="s", tool="t", status="completed", result={"content": content})
    assert ImagePart(path="data:image/png;base64,AAAA", mime="image/png") in chat.items[-1].content
    chat.item("imageView", "t2", path="x.png")
    assert ImagePart(path="/tmp/project/x.png") in chat.items[-1].content  # noqa: S108


@pytest.mark.parametrize(
    ("kind", "fields", "label", "detail"),
    [
        ("contextCompaction", {}, "compacted", None),
        ("enteredReviewMode", {"review": "all of it"}, "review.entered", "all of it"),
        ("sleep", {"durationMs": 5}, "sleep", "5"),
        ("hookPrompt", {"fragments": [{"text": "a"}, {"text": "b"}]}, "hook", "a\nb"),
        ("subAgentActivity", {"kind": "started", "agentPath": "/root/x"}, "subagent", "/root/x started"),
    ],
)
def test_notes_are_status(chat: Chat, kind: str, fields: Any, label: str, detail: str | None) -> None:
    chat.item(kind, **fields)
    assert chat.items[-1].content == (StatusPart(label=label, detail=detail),)


def test_an_item_of_a_new_type_is_kept_as_it_is(chat: Chat) -> None:
    chat.item("hologram", text="hi")
    item = chat.items[-1]
    assert item.kind == "unknown"
    assert item.content == (JsonPart(json={"type": "hologram", "id": "i1", "text": "hi"}),)


def test_a_message_of_ours_comes_back_unseen_and_others_are_shown(chat: Chat) -> None:
    before = len(chat.items)
    chat.item("userMessage", "u1", clientId="msg_1", content=[{"type": "text", "text": "hello"}])
    assert len(chat.items) == before
    chat.item(
        "userMessage", "u2", clientId=None, content=[{"type": "text", "text": "dig"}, {"type": "skill", "name": "x"}]
    )
    assert chat.items[-1].content == (TextPart(text="dig"), JsonPart(json={"type": "skill", "name": "x"}))
