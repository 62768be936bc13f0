from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.schema.content import ImagePart, JsonPart, ToolCallPart, ToolResultPart
from sandbox_agent.schema.events import ItemDelta

from .said import Chat, event, info, part, speaks, text, tool


@pytest.fixture
def chat() -> Chat:
    chat = Chat()
    chat.started()
    chat.hear(speaks("m2"))
    return chat


def result(chat: Chat) -> Any:
    return next(item for item in chat.items if item.kind == "tool_result")


def test_a_call_is_told_with_its_arguments_and_its_output_as_it_comes(chat: Chat) -> None:
    chat.hear(tool("p1", "bash", "pending"), tool("p1", "bash", "running", input={"command": "x"}))
    for output in ("", "a\n", "a\nb\n"):
        chat.hear(tool("p1", "bash", "running", input={"command": "x"}, metadata={"output": output}))
    done = {"output": "a\nb\n", "exit": 0}
    chat.hear(tool("p1", "bash", "completed", input={"command": "x"}, output="a\nb\n", metadata=done))
    call, answer = chat.items[1:]
    assert call.content == (ToolCallPart(name="bash", arguments='{"command":"x"}', call_id="c1"),)
    assert answer.content == (ToolResultPart(call_id="c1", output="a\nb\n"), JsonPart(json={"exit_code": 0}))
    assert [each.data.delta for each in chat.events if isinstance(each.data, ItemDelta)] == ["a\n", "b\n"]


@pytest.mark.parametrize("exit_code", [3, None])
def test_a_command_that_did_not_succeed_is_failed(chat: Chat, exit_code: int | None) -> None:
    chat.hear(tool("p1", "bash", "completed", output="x", metadata={"output": "x", "exit": exit_code}))
    assert result(chat).status == "failed"


def test_an_error_is_the_result(chat: Chat) -> None:
    chat.hear(tool("p1", "read", "error", error="File not found"))
    assert (result(chat).status, result(chat).content[0].output) == ("failed", "File not found")


def test_an_error_comes_after_what_was_printed(chat: Chat) -> None:
    chat.hear(tool("p1", "bash", "running", metadata={"output": "half\n"}), tool("p1", "bash", "error", error="killed"))
    assert result(chat).content[0].output == "half\nkilled"


def test_a_tool_that_is_not_there_keeps_its_name(chat: Chat) -> None:
    chat.hear(tool("p1", "nope", "pending"), tool("p1", "invalid", "completed", input={"tool": "nope"}, output="no"))
    assert chat.items[1].content[0].name == "nope"  # type: ignore[union-attr]
    assert result(chat).status == "failed"


def test_equal_ids_of_calls_are_calls_of_their_own(chat: Chat) -> None:
    for name in ("p1", "p2"):
        chat.hear(tool(name, "glob", "completed", call_id="call_0", output=name))
    assert len({item.item_id for item in chat.items if item.kind != "message"}) == 4


def test_pictures_are_image_parts(chat: Chat) -> None:
    files = [{"mime": "image/png", "url": "data:image/png;base64,AA"}, {"mime": "text/plain", "url": "data:,x"}]
    chat.hear(tool("p1", "read", "completed", output="ok", attachments=files))
    assert result(chat).content[1:] == (ImagePart(path="data:image/png;base64,AA", mime="image/png"),)


def test_a_subagent_is_below_its_call(chat: Chat) -> None:
    chat.hear(event("session.created", sessionID="ses_c", info={"id": "ses_c", "parentID": "ses_1"}))
    chat.hear(tool("p1", "task", "running", metadata={"sessionId": "ses_c"}))
    chat.hear(event("message.updated", info=info("m5", "user", "ses_c")))
    chat.hear(event("message.part.updated", part=part("p5", "m5", "ses_c", type="text", text="do it")))
    chat.hear(text("p6", "done", message_id="m6", session="ses_c"))
    call = next(item for item in chat.items if item.kind == "tool_call")
    below = [item for item in chat.items if item.parent_id == call.item_id]
    assert [(item.role, item.content[0].text) for item in below] == [  # type: ignore[union-attr]
        ("user", "do it"),
        ("assistant", "done"),
    ]
