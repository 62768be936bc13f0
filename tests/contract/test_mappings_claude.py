"""universal-schema.md, section 6: each row of Claude's table, fed through the pure adapter."""

from __future__ import annotations

from typing import Any

import pytest
from tests.agents.claude.said import DONE, Chat, says

from sandbox_agent.schema.events import QuestionRequested

from .mappings import brief

TEXT = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hel"}}
START = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
THINKS = {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}
THOUGHT = {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}
MESSAGE = {"type": "message_start", "message": {"id": "m1"}}


def stream(event: dict[str, Any]) -> dict[str, Any]:
    return {"type": "stream_event", "event": event, "parent_tool_use_id": None}


def block(**fields: Any) -> dict[str, Any]:
    return {"type": "assistant", "message": {"id": "m1", "content": [fields]}, "parent_tool_use_id": None}


def result(*, is_error: bool) -> dict[str, Any]:
    content = {"type": "tool_result", "tool_use_id": "t1", "content": "out", "is_error": is_error}
    return {"type": "user", "message": {"role": "user", "content": [content]}, "parent_tool_use_id": None}


def asks(tool: str, **given: Any) -> dict[str, Any]:
    request = {"subtype": "can_use_tool", "tool_name": tool, "input": given, "tool_use_id": "t1"}
    return {"type": "control_request", "request_id": "r1", "request": request}


USE = block(type="tool_use", id="t1", name="Bash", input={"command": "ls"})
QUESTION = {"question": "Which?", "header": "h", "options": [{"label": "a"}, {"label": "b"}], "multiSelect": False}
ROWS: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "system, any subtype: no second session.started": ([{"type": "system", "subtype": "init", "session_id": "n"}], []),
    "assistant, text block: a message with its text": (
        [says("hello")],
        [
            "item.started message assistant",
            "item.delta hello",
            "item.completed message assistant completed text",
        ],
    ),
    "stream_event with delta.text: item.delta": (
        [stream(MESSAGE), stream(START), stream(TEXT)],
        ["item.started message assistant", "item.delta hel"],
    ),
    "assistant, tool_use block: tool_call": (
        [USE],
        [
            "item.started tool_call assistant",
            "item.completed tool_call assistant completed tool_call",
        ],
    ),
    "assistant, thinking block: reasoning, not lost": (
        [block(type="thinking", thinking="hm", signature="s")],
        [
            "item.started message assistant",
            "item.delta hm",
            "item.completed message assistant completed reasoning",
        ],
    ),
    "user, tool_result block: tool_result": (
        [result(is_error=False)],
        [
            "item.started tool_result tool",
            "item.completed tool_result tool completed tool_result",
        ],
    ),
    "user, tool_result block with is_error: failed": (
        [result(is_error=True)],
        [
            "item.started tool_result tool",
            "item.completed tool_result tool failed tool_result",
        ],
    ),
    "control_request can_use_tool: permission.requested": ([asks("Bash", command="ls")], ["permission.requested Bash"]),
    "AskUserQuestion: question.requested": (
        [asks("AskUserQuestion", questions=[QUESTION])],
        ["question.requested Which?"],
    ),
    "other control_request: agent.unparsed": (
        [{"type": "control_request", "request_id": "r2", "request": {"subtype": "new_thing"}}],
        ["agent.unparsed claude"],
    ),
    "top-level tool_use, which no CLI of today says: kept as agent.unparsed": (
        [{"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}}],
        ["agent.unparsed claude"],
    ),
    "top-level tool_result, which no CLI of today says: kept as agent.unparsed": (
        [{"type": "tool_result", "tool_use_id": "t1", "content": "out", "is_error": False}],
        ["agent.unparsed claude"],
    ),
    "assistant, image block: a json part, not lost": (
        [block(type="image", source={"type": "base64", "media_type": "image/png", "data": "AA=="})],
        ["item.started message assistant", "item.completed message assistant completed json"],
    ),
    "stream_event with delta.thinking: item.delta, not ignored": (
        [stream(MESSAGE), stream(THINKS), stream(THOUGHT)],
        ["item.started message assistant", "item.delta hm"],
    ),
    "ExitPlanMode without question text: question.requested": (
        [asks("ExitPlanMode", plan="do it")],
        ["question.requested Approve plan execution?"],
    ),
    "control_response: nothing": (
        [{"type": "control_response", "response": {"subtype": "success", "request_id": "r9", "response": {}}}],
        [],
    ),
    "keep_alive: nothing": ([{"type": "keep_alive"}], []),
    "update_environment_variables: nothing": ([{"type": "update_environment_variables", "variables": {}}], []),
    "result: turn.ended": ([DONE], ["usage.updated", "turn.ended completed"]),
    "anything else: agent.unparsed": ([{"type": "news"}], ["agent.unparsed claude"]),
}


@pytest.mark.parametrize("row", ROWS)
def test_row(row: str) -> None:
    lines, expected = ROWS[row]
    chat = Chat()
    chat.started()
    if any(line["type"] == "user" for line in lines):
        chat.hear(USE)
    before = len(chat.events)
    chat.hear(*lines)
    assert brief(chat.events[before:]) == expected


def test_row_a_line_that_is_no_json_is_noise_and_no_event() -> None:
    """turn-contract.md, rule 10, is stricter than the row, which makes it an agent.unparsed."""
    chat = Chat()
    chat.started()
    before = len(chat.events)
    chat.line(b"not json")
    assert brief(chat.events[before:]) == []
    chat.hear(DONE)
    assert brief(chat.events[before:])[-1] == "turn.ended completed"


def test_row_exit_plan_mode_offers_approve_and_reject() -> None:
    chat = Chat()
    chat.started()
    chat.hear(asks("ExitPlanMode", plan="do it"))
    asked = chat.events[-1].data
    assert isinstance(asked, QuestionRequested)
    assert (asked.options, asked.plan) == (("approve", "reject"), "do it")
