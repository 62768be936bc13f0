"""universal-schema.md, section 8: rows of OpenCode's table, fed through the pure adapter."""

from __future__ import annotations

from typing import Any

import pytest
from tests.agents.opencode.said import IDLE, SES, Chat, delta, done, event, failure, speaks, status, text, tool, updated

from .mappings import brief

SPEAKS = speaks("m2")
REASONING = updated("p1", type="reasoning", text="hm", time={"start": 1, "end": 2})
ASKED = {"id": "per_1", "sessionID": SES, "permission": "bash", "patterns": ["ls"], "metadata": {}, "always": ["ls"]}
QUESTION = {"question": "Which?", "header": "h", "options": [{"label": "a", "description": ""}]}
ROWS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]] = {
    "part text: a message with its text": (
        [SPEAKS],
        [text("p1", "hello")],
        [
            "item.started message assistant",
            "item.delta hello",
            "item.completed message assistant completed text",
        ],
    ),
    "part text, delta: item.delta": (
        [SPEAKS, text("p1", "", over=False)],
        [delta("p1", "hel")],
        ["item.delta hel"],
    ),
    "part reasoning: a message with reasoning": (
        [SPEAKS],
        [REASONING],
        [
            "item.started message assistant",
            "item.delta hm",
            "item.completed message assistant completed reasoning",
        ],
    ),
    "part tool running: tool_call": (
        [SPEAKS],
        [tool("p1", "bash", "running", input={"command": "ls"})],
        ["item.started tool_call assistant", "item.completed tool_call assistant completed tool_call"],
    ),
    "part tool completed: tool_result": (
        [SPEAKS, tool("p1", "bash", "running", input={"command": "ls"})],
        [tool("p1", "bash", "completed", input={"command": "ls"}, output="out")],
        ["item.started tool_result tool", "item.completed tool_result tool completed tool_result"],
    ),
    "part tool error: tool_result, failed": (
        [SPEAKS, tool("p1", "bash", "running", input={"command": "ls"})],
        [tool("p1", "bash", "error", input={"command": "ls"}, error="no")],
        ["item.started tool_result tool", "item.completed tool_result tool failed tool_result"],
    ),
    "question.asked: question.requested": (
        [],
        [event("question.asked", id="que_1", sessionID=SES, questions=[QUESTION])],
        ["question.requested Which?"],
    ),
    "permission.asked: permission.requested": (
        [],
        [event("permission.asked", **ASKED)],
        ["permission.requested bash"],
    ),
    "session.status busy: no second turn.started": ([], [status("busy")], []),
    "session.idle, also twice: one turn.ended": (
        [SPEAKS, text("p1", "hi"), done("m2")],
        [IDLE, IDLE],
        ["turn.ended completed"],
    ),
    "session.error: an error event, which ends a turn stream": (
        [],
        [failure("broken"), IDLE],
        ["error agent_error", "turn.ended error"],
    ),
    "others: agent.unparsed": ([], [event("news.of.tomorrow", sessionID=SES)], ["agent.unparsed opencode"]),
}


@pytest.mark.parametrize("row", ROWS)
def test_row(row: str) -> None:
    given, lines, expected = ROWS[row]
    chat = Chat()
    chat.started()
    chat.hear(*given)
    before = len(chat.events)
    chat.hear(*lines)
    assert brief(chat.events[before:]) == expected
