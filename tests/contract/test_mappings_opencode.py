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
    "message.updated user: nothing, its parts say it": (
        [],
        [event("message.updated", sessionID=SES, info={"id": "m9", "sessionID": SES, "role": "user"})],
        [],
    ),
    "message.updated assistant: nothing empty, its parts say it": ([], [SPEAKS], []),
    "message.updated assistant, completed: nothing empty": ([SPEAKS], [done("m2")], []),
    "part file: a message with the file": (
        [SPEAKS],
        [updated("p1", type="file", mime="image/png", filename="x.png", url="data:image/png;base64,AA==")],
        ["item.started message assistant", "item.completed message assistant completed image"],
    ),
    "part subtask: nothing, its tool call says it": (
        [SPEAKS],
        [updated("p1", type="subtask", prompt="p", description="d", agent="general")],
        [],
    ),
    "part step-start: nothing": ([SPEAKS], [updated("p1", type="step-start")], []),
    "part snapshot: nothing": ([SPEAKS], [updated("p1", type="snapshot", snapshot="s")], []),
    "part agent: nothing": ([SPEAKS], [updated("p1", type="agent", name="general")], []),
    "part patch: which files": (
        [SPEAKS],
        [updated("p1", type="patch", hash="h", files=["/p/x"])],
        ["item.started system system", "item.completed system system completed file_ref"],
    ),
    "part retry: status retry": (
        [SPEAKS],
        [updated("p1", type="retry", attempt=1, error={"name": "APIError", "data": {"message": "x"}})],
        ["item.started status system", "item.completed status system completed retry"],
    ),
    "part compaction: status compacting": (
        [SPEAKS],
        [updated("p1", type="compaction", auto=True)],
        ["item.started status system", "item.completed status system completed compacting"],
    ),
    "part tool pending: item.started tool_call": (
        [SPEAKS],
        [tool("p1", "bash", "pending", input={})],
        ["item.started tool_call assistant"],
    ),
    "session.created: no second session.started": ([], [event("session.created", sessionID=SES, info={"id": SES})], []),
    "session.status retry: status retry": (
        [],
        [event("session.status", sessionID=SES, status={"type": "retry", "attempt": 1, "message": "over", "next": 1})],
        ["item.started status system", "item.completed status system completed retry"],
    ),
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
