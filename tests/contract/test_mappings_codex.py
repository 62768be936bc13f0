"""universal-schema.md, section 7: each row of Codex's table, fed through the pure adapter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.agents.codex.chat import Chat

from sandbox_agent.schema.events import PermissionRequested

from .mappings import brief

Say = Callable[[Chat], None]
CHANGES = [{"path": "x", "kind": {"type": "add"}, "diff": "hello\n"}]
MCP: dict[str, Any] = {"server": "s", "tool": "t", "arguments": {"a": 1}}
USED = {"totalTokens": 3, "inputTokens": 1, "outputTokens": 2, "cachedInputTokens": 0, "reasoningOutputTokens": 0}


def message(chat: Chat) -> None:
    chat.item("agentMessage", begins=True, text="")


def command(chat: Chat) -> None:
    chat.item("commandExecution", begins=True, command="ls", cwd="/", status="inProgress", commandActions=[])


def begins(chat: Chat) -> None:
    chat.told("turn/started", turn={"id": "turn-1"})


def nothing(_chat: Chat) -> None:
    """Nothing came before."""


def reasoning(chat: Chat) -> None:
    chat.item("reasoning", begins=True, summary=[], content=[])


def change(chat: Chat) -> None:
    chat.item("fileChange", begins=True, changes=CHANGES, status="inProgress")


def mcp(chat: Chat) -> None:
    chat.item("mcpToolCall", begins=True, **MCP, status="inProgress")


def ended(chat: Chat) -> None:
    fields: dict[str, Any] = {"command": "ls", "cwd": "/", "status": "completed", "exitCode": 0, "commandActions": []}
    chat.item("commandExecution", aggregatedOutput="out", **fields)


def failed(chat: Chat) -> None:
    fields: dict[str, Any] = {"command": "ls", "cwd": "/", "status": "failed", "exitCode": 1, "commandActions": []}
    chat.item("commandExecution", aggregatedOutput="no", **fields)


ROWS: dict[str, tuple[Say, Say, list[str]]] = {
    "thread/started: no second session.started": (
        nothing,
        lambda chat: chat.told("thread/started", thread={"id": "thread-1"}),
        [],
    ),
    "turn/started: no second turn.started": (
        nothing,
        lambda chat: chat.told("turn/started", turn={"id": "turn-1"}),
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
    "reasoning summary delta: item.delta": (
        reasoning,
        lambda chat: chat.told("item/reasoning/summaryTextDelta", itemId="i1", delta="why", summaryIndex=0),
        ["item.started message assistant", "item.delta why"],
    ),
    "reasoning text delta: item.delta": (
        reasoning,
        lambda chat: chat.told("item/reasoning/textDelta", itemId="i1", delta="deep", contentIndex=0),
        ["item.started message assistant", "item.delta deep"],
    ),
    "fileChange/outputDelta: item.delta": (
        change,
        lambda chat: chat.told("item/fileChange/outputDelta", itemId="i1", delta="ok"),
        ["item.started tool_result tool", "item.delta ok"],
    ),
    "terminalInteraction (stdin): nothing, what was typed is no output": (
        command,
        lambda chat: chat.told("item/commandExecution/terminalInteraction", itemId="i1", processId="1", stdin="y"),
        [],
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
    "reasoning summary part added: nothing, its deltas say it": (
        reasoning,
        lambda chat: chat.told("item/reasoning/summaryPartAdded", itemId="i1", summaryIndex=0),
        [],
    ),
    "thread compacted: nothing, an item says it": (nothing, lambda chat: chat.told("thread/compacted"), []),
    "thread items: contextCompaction": (
        nothing,
        lambda chat: chat.item("contextCompaction"),
        ["item.started status system", "item.completed status system completed compacted"],
    ),
    "token usage: usage.updated": (
        nothing,
        lambda chat: chat.told("thread/tokenUsage/updated", turnId="turn-1", tokenUsage={"total": USED, "last": USED}),
        ["usage.updated"],
    ),
    "turn diff: nothing, the daemon says diff.updated itself": (
        nothing,
        lambda chat: chat.told("turn/diff/updated", turnId="turn-1", diff="--- a/x"),
        [],
    ),
    "turn plan: todo.updated": (
        nothing,
        lambda chat: chat.told("turn/plan/updated", turnId="turn-1", plan=[{"step": "look", "status": "inProgress"}]),
        ["todo.updated"],
    ),
    "raw item: nothing, an item says it": (nothing, lambda chat: chat.told("rawResponseItem/completed", item={}), []),
    "notices: status warning": (
        nothing,
        lambda chat: chat.told("warning", message="careful"),
        ["item.started status system", "item.completed status system completed warning"],
    ),
    "error that is tried again: status retry, no error": (
        nothing,
        lambda chat: chat.told("error", turnId="turn-1", willRetry=True, error={"message": "again"}),
        ["item.started status system", "item.completed status system completed retry"],
    ),
    "error of the turn: error with a code": (
        nothing,
        lambda chat: chat.done(status="failed", error={"message": "broken", "codexErrorInfo": "badRequest"}),
        ["error invalid_request", "turn.ended error"],
    ),
    "other server requests: refused and kept, nobody waits": (
        nothing,
        lambda chat: chat.asks(9, "something/new"),
        ["agent.unparsed codex"],
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
    "thread items: userMessage": (
        nothing,
        lambda chat: chat.item("userMessage", content=[{"type": "text", "text": "hi"}]),
        ["item.started message user", "item.completed message user completed text"],
    ),
    "thread items: commandExecution": (
        command,
        ended,
        ["item.started tool_result tool", "item.completed tool_result tool completed tool_result,json"],
    ),
    "thread items: fileChange, with its diff": (
        change,
        lambda chat: chat.item("fileChange", changes=CHANGES, status="completed"),
        ["item.started tool_result tool", "item.completed tool_result tool completed tool_result,file_ref"],
    ),
    "thread items: mcpToolCall while running": (
        nothing,
        mcp,
        ["item.started tool_call assistant", "item.completed tool_call assistant completed tool_call"],
    ),
    "thread items: mcpToolCall completed": (
        mcp,
        lambda chat: chat.item("mcpToolCall", **MCP, status="completed", result={"content": []}),
        ["item.started tool_result tool", "item.completed tool_result tool completed tool_result"],
    ),
    "thread items: mcpToolCall failed, and says so": (
        mcp,
        lambda chat: chat.item("mcpToolCall", **MCP, status="failed", error={"message": "no"}),
        ["item.started tool_result tool", "item.completed tool_result tool failed tool_result"],
    ),
    "thread items: collab call": (
        nothing,
        lambda chat: chat.item("collabAgentToolCall", begins=True, tool="spawnAgent", prompt="p", status="inProgress"),
        ["item.started tool_call assistant", "item.completed tool_call assistant completed tool_call"],
    ),
    "thread items: imageView, as what a tool shows": (
        nothing,
        lambda chat: chat.item("imageView", path="/x.png"),
        [
            "item.started tool_call assistant",
            "item.completed tool_call assistant completed tool_call",
            "item.started tool_result tool",
            "item.completed tool_result tool completed tool_result,file_ref,image",
        ],
    ),
    "thread items: review entered": (
        nothing,
        lambda chat: chat.item("enteredReviewMode", review="r"),
        ["item.started status system", "item.completed status system completed review.entered"],
    ),
    "thread items: review exited": (
        nothing,
        lambda chat: chat.item("exitedReviewMode", review="r"),
        ["item.started status system", "item.completed status system completed review.exited"],
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


def test_row_json_rpc_error_for_turn_start_ends_the_turn_with_an_error() -> None:
    chat = Chat()
    chat.send()
    chat.opened()
    before = len(chat.events)
    chat.replies("turn/start", error="no")
    assert brief(chat.events[before:]) == ["error invalid_request", "turn.ended error"]


@pytest.mark.parametrize("kind", ["commandExecution", "fileChange"])
def test_row_approval_request_has_the_metadata_of_the_row(kind: str) -> None:
    chat = Chat()
    chat.started()
    command(chat) if kind == "commandExecution" else change(chat)
    chat.asks(7, f"item/{kind}/requestApproval", itemId="i1", turnId="turn-1", command="ls", reason="to see")
    asked = chat.events[-1].data
    assert isinstance(asked, PermissionRequested)
    assert asked.metadata.items() >= {
        ("codexRequestKind", kind),
        ("codexRequestId", 7),
        ("threadId", "thread-1"),
        ("turnId", "turn-1"),
        ("reason", "to see"),
    }
    assert asked.metadata["itemId"]
