"""universal-schema.md, section 9: what Amp really says, in the place of the lines that the 0.1.x server expected."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.adapter import SessionOptions
from sandbox_agent.adapter.testing import Conversation
from sandbox_agent.agents.amp import AGENT
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.commands import SendMessage

from .mappings import brief

INIT = {"type": "system", "subtype": "init", "session_id": "T-1"}


def says(kind: str, *content: dict[str, Any], stop: str | None = None) -> dict[str, Any]:
    return {"type": kind, "message": {"role": kind, "content": list(content), "stop_reason": stop}}


USE = says("assistant", {"type": "tool_use", "id": "t1", "name": "shell_command", "input": {"command": "ls"}})
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "out", "is_error": False}
ROWS: dict[str, tuple[list[dict[str, Any]], dict[str, Any], list[str]]] = {
    "message: an assistant's message": (
        [],
        says("assistant", {"type": "text", "text": "hello"}),
        [
            "item.started message assistant",
            "item.delta hello",
            "item.completed message assistant completed text",
        ],
    ),
    "tool_call: tool_call": (
        [],
        USE,
        ["item.started tool_call assistant", "item.completed tool_call assistant completed tool_call"],
    ),
    "tool_result: tool_result": (
        [USE],
        says("user", RESULT),
        ["item.started tool_result tool", "item.completed tool_result tool completed tool_result"],
    ),
    "tool_result that failed: failed": (
        [USE],
        says("user", {**RESULT, "is_error": True}),
        ["item.started tool_result tool", "item.completed tool_result tool failed tool_result"],
    ),
    "done: turn.ended": (
        [],
        says("assistant", {"type": "text", "text": "bye"}, stop="end_turn"),
        [
            "item.started message assistant",
            "item.delta bye",
            "item.completed message assistant completed text",
            "turn.ended completed",
        ],
    ),
    "error: error with a code": (
        [],
        {"type": "result", "subtype": "error_during_execution", "is_error": True, "error": "rate limit"},
        ["error rate_limited", "turn.ended error"],
    ),
    "anything else: agent.unparsed": ([], {"type": "news"}, ["agent.unparsed amp"]),
}


@pytest.mark.parametrize("row", ROWS)
def test_row(row: str) -> None:
    given, line, expected = ROWS[row]
    amp = Conversation(AGENT, SessionOptions(session_id="s", directory="/p", private_dir="/private"))
    amp.command(SendMessage(message_id="m", text="hello"))
    for each in (INIT, *given):
        amp.line(encode(each))
    before = len(amp.events)
    amp.line(encode(line))
    assert brief(amp.events[before:]) == expected


def test_native_session_id_is_learnt_so_that_turns_go_on() -> None:
    amp = Conversation(AGENT, SessionOptions(session_id="s", directory="/p", private_dir="/private"))
    amp.command(SendMessage(message_id="m", text="hello"))
    amp.line(encode(INIT))
    amp.line(encode(says("assistant", {"type": "text", "text": "hi"})))
    assert amp.events[-1].native_session_id == "T-1"
