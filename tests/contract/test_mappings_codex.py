"""universal-schema.md, section 7: each row of Codex's table, fed through the pure adapter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.agents.codex.chat import Chat

from .mappings import brief

Say = Callable[[Chat], None]


def message(chat: Chat) -> None:
    chat.item("agentMessage", begins=True, text="")


def command(chat: Chat) -> None:
    chat.item("commandExecution", begins=True, command="ls", cwd="/", status="inProgress", commandActions=[])


def nothing(_chat: Chat) -> None:
    """Nothing came before."""


def failed(chat: Chat) -> None:
    fields: dict[str, Any] = {"command": "ls", "cwd": "/", "status": "failed", "exitCode": 1, "commandActions": []}
    chat.item("commandExecution", aggregatedOutput="no", **fields)


ROWS: dict[str, tuple[Say, Say, list[str]]] = {
    "thread/started: no second session.started": (
        nothing,
        lambda chat: chat.told("thread/started", thread={"id": "thread-1"}),
        [],
    ),
    "turn/completed: turn.ended": (nothing, lambda chat: chat.done(), ["turn.ended completed"]),
    "item/started: item.started": (nothing, message, ["item.started message assistant"]),
    "item/completed: item.completed": (
        message,
        lambda chat: chat.item("agentMessage", text="hello"),
        ["item.delta hello", "item.completed message assistant completed text"],
    ),
    "item/agentMessage/delta: item.delta": (
        message,
        lambda chat: chat.told("item/agentMessage/delta", itemId="i1", delta="hel"),
        ["item.delta hel"],
    ),
    "commandExecution/outputDelta: item.delta": (
        command,
        lambda chat: chat.told("item/commandExecution/outputDelta", itemId="i1", delta="out"),
        ["item.started tool_result tool", "item.delta out"],
    ),
    "mcpToolCall/progress: status mcp.progress": (
        nothing,
        lambda chat: chat.told("item/mcpToolCall/progress", itemId="i1", message="half"),
        ["item.started status system", "item.completed status system completed mcp.progress"],
    ),
    "commandExecution approval request: permission.requested action commandExecution": (
        command,
        lambda chat: chat.asks(7, "item/commandExecution/requestApproval", itemId="i1", turnId="turn-1", command="ls"),
        ["permission.requested commandExecution"],
    ),
    "fileChange approval request: permission.requested action fileChange": (
        lambda chat: chat.item("fileChange", begins=True, changes=[], status="inProgress"),
        lambda chat: chat.asks(7, "item/fileChange/requestApproval", itemId="i1", turnId="turn-1"),
        ["permission.requested fileChange"],
    ),
    "thread items: reasoning": (
        nothing,
        lambda chat: chat.item("reasoning", summary=["why"], content=[]),
        [
            "item.started message assistant",
            "item.delta why",
            "item.completed message assistant completed reasoning",
        ],
    ),
    "thread items: webSearch": (
        nothing,
        lambda chat: chat.item("webSearch", query="cats"),
        [
            "item.started tool_call assistant",
            "item.completed tool_call assistant completed tool_call",
            "item.started tool_result tool",
            "item.completed tool_result tool completed tool_result",
        ],
    ),
    "a failed command: failed": (
        command,
        failed,
        ["item.started tool_result tool", "item.completed tool_result tool failed tool_result,json"],
    ),
    "unknown notification: agent.unparsed": (
        nothing,
        lambda chat: chat.told("news/of/tomorrow"),
        ["agent.unparsed codex"],
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_row(row: str) -> None:
    given, says, expected = ROWS[row]
    chat = Chat()
    chat.started()
    given(chat)
    before = len(chat.events)
    says(chat)
    assert brief(chat.events[before:]) == expected
