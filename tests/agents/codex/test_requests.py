from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.schema.commands import PermissionReply, RejectQuestion, ReplyPermission, ReplyQuestion
from sandbox_agent.schema.events import AgentUnparsed, PermissionRequested, PermissionResolved, QuestionRequested

from .chat import Chat

COMMAND = "item/commandExecution/requestApproval"
PATCH = "item/fileChange/requestApproval"
PERMISSIONS = "item/permissions/requestApproval"
ELICITATION = "mcpServer/elicitation/request"
INPUT = "item/tool/requestUserInput"


@pytest.fixture
def chat() -> Chat:
    chat = Chat()
    chat.started()
    return chat


def permission(chat: Chat) -> PermissionRequested:
    data = chat.events[-1].data
    assert isinstance(data, PermissionRequested), data
    return data


def question(chat: Chat) -> QuestionRequested:
    data = chat.events[-1].data
    assert isinstance(data, QuestionRequested), data
    return data


def permit(chat: Chat, reply: PermissionReply = "once", message: str | None = None) -> Any:
    """Answer the request that was asked last; what Codex hears."""
    chat.command(ReplyPermission(permission_id=permission(chat).permission_id, reply=reply, message=message))
    return next(line["result"] for line in reversed(chat.sent) if "result" in line)


@pytest.mark.parametrize(
    ("reply", "decision"), [("once", "accept"), ("always", "acceptForSession"), ("reject", "decline")]
)
@pytest.mark.parametrize("method", [COMMAND, PATCH])
def test_each_reply_is_a_decision(chat: Chat, method: str, reply: PermissionReply, decision: str) -> None:
    chat.asks(0, method, itemId="c1", command="touch x")
    assert permit(chat, reply) == {"decision": decision}


def test_a_command_is_named_with_what_always_would_cover(chat: Chat) -> None:
    chat.item("commandExecution", "c1", begins=True, command="touch x")
    rule = ["touch"]
    chat.asks(0, COMMAND, itemId="c1", command="touch x", cwd="/w", reason="why", proposedExecpolicyAmendment=rule)
    asked = permission(chat)
    assert asked.action == "commandExecution"
    assert asked.metadata["codexRequestKind"] == "commandExecution"
    assert asked.metadata["always"] == "shell(touch x)"
    assert asked.metadata["itemId"] == chat.items[-1].item_id
    assert (asked.metadata["reason"], asked.metadata["proposedRule"]) == ("why", rule)


def test_the_same_item_may_be_asked_about_twice(chat: Chat) -> None:
    chat.asks(0, COMMAND, itemId="c1", command="touch x")
    first = permission(chat).permission_id
    permit(chat)
    chat.asks(1, COMMAND, itemId="c1", command="touch x")
    assert permission(chat).permission_id != first


def test_words_with_a_rejection_are_steered_in(chat: Chat) -> None:
    chat.asks(0, COMMAND, itemId="c1", command="touch x")
    permit(chat, "reject", "use your hands")
    assert chat.asked[-1]["method"] == "turn/steer"
    assert chat.asked[-1]["params"]["input"][0]["text"] == "use your hands"


def test_accept_edits_accepts_patches_but_no_wider_grant() -> None:
    chat = Chat(permission_mode="acceptEdits")
    chat.started()
    chat.asks(0, PATCH, itemId="p1", grantRoot=None)
    assert chat.sent[-1]["result"] == {"decision": "accept"}
    chat.asks(1, PATCH, itemId="p2", grantRoot="/etc")
    assert permission(chat).metadata["grantRoot"] == "/etc"


@pytest.mark.parametrize(
    ("reply", "result"),
    [
        ("once", {"permissions": {"network": {"enabled": True}}, "scope": "turn"}),
        ("always", {"permissions": {"network": {"enabled": True}}, "scope": "session"}),
        ("reject", {"permissions": {}, "scope": "turn"}),
    ],
)
def test_wider_permissions_are_granted_as_asked_or_not_at_all(chat: Chat, reply: PermissionReply, result: Any) -> None:
    chat.asks(0, PERMISSIONS, itemId="c1", permissions={"network": {"enabled": True}, "fileSystem": None})
    assert permission(chat).action == "permissions"
    assert permit(chat, reply) == result


def elicit(chat: Chat, persist: list[str]) -> None:
    chat.item("mcpToolCall", "m1", begins=True, server="notes", tool="add", arguments={})
    meta = {"codex_approval_kind": "mcp_tool_call", "persist": persist, "tool_name": "add", "tool_params": {"a": 1}}
    chat.asks(0, ELICITATION, serverName="notes", mode="form", message="Allow?", _meta=meta, requestedSchema={})


def test_a_tool_of_a_tool_server_is_a_permission_of_its_call(chat: Chat) -> None:
    elicit(chat, ["session", "always"])
    asked = permission(chat)
    assert (asked.action, asked.metadata["always"]) == ("mcp__notes__add", "mcp__notes__add")
    assert asked.metadata["itemId"] == chat.items[-1].item_id
    assert permit(chat, "always") == {"action": "accept", "content": {}, "_meta": {"persist": "session"}}


def test_where_codex_cannot_remember_it_the_daemon_does_for_this_very_input(chat: Chat) -> None:
    elicit(chat, [])
    assert permission(chat).metadata["alwaysBy"] == "daemon"
    assert permission(chat).metadata["always"] == 'mcp__notes__add({"a":1})'
    assert permit(chat, "always")["_meta"] is None


def test_a_tool_that_is_not_named_is_the_one_that_was_called_last(chat: Chat) -> None:
    chat.item("mcpToolCall", "m1", begins=True, server="notes", tool="add", arguments={})
    meta = {"codex_approval_kind": "mcp_tool_call", "persist": ["session"]}
    chat.asks(0, ELICITATION, serverName="notes", mode="form", message="Allow?", _meta=meta, requestedSchema={})
    assert permission(chat).action == "mcp__notes__add"


def test_a_rejected_tool_of_a_tool_server_is_declined(chat: Chat) -> None:
    elicit(chat, ["session"])
    assert permit(chat, "reject") == {"action": "decline", "content": None, "_meta": None}


def test_a_form_is_a_question_for_each_field(chat: Chat) -> None:
    schema = {
        "properties": {"name": {"type": "string"}, "sure": {"type": "boolean"}, "age": {"type": "integer"}},
    }
    chat.asks(0, ELICITATION, serverName="notes", mode="form", message="Who?", requestedSchema=schema)
    asked = question(chat)
    assert (asked.prompt, len(asked.questions)) == ("Who?", 3)
    chat.command(ReplyQuestion(question_id=asked.question_id, answers=(("Ann",), ("yes",), ("7",))))
    content = {"name": "Ann", "sure": True, "age": 7}
    assert chat.sent[-1]["result"] == {"action": "accept", "content": content, "_meta": None}


def test_questions_are_answered_by_their_ids(chat: Chat) -> None:
    entries = [{"id": "a", "question": "A?", "header": "", "options": None}, {"id": "b", "question": "B?"}]
    chat.asks(0, INPUT, itemId="q1", questions=entries)
    asked = question(chat)
    chat.command(ReplyQuestion(question_id=asked.question_id, answers=(("1",), ("2", "3"))))
    assert chat.sent[-1]["result"] == {"answers": {"a": {"answers": ["1"]}, "b": {"answers": ["2", "3"]}}}


def test_a_refused_question_has_no_answers(chat: Chat) -> None:
    chat.asks(0, INPUT, itemId="q1", questions=[{"id": "a", "question": "A?"}])
    chat.command(RejectQuestion(question_id=question(chat).question_id))
    assert chat.sent[-1]["result"] == {"answers": {}}


def test_what_codex_takes_back_is_rejected_and_not_answered(chat: Chat) -> None:
    chat.asks(0, COMMAND, itemId="c1", command="touch x")
    asked = permission(chat)
    chat.told("serverRequest/resolved", requestId=0)
    resolved = chat.events[-1].data
    assert isinstance(resolved, PermissionResolved)
    assert resolved.status == "reject"
    sent = len(chat.sent)
    chat.command(ReplyPermission(permission_id=asked.permission_id, reply="once"))
    assert len(chat.sent) == sent


def test_a_tool_that_nobody_offers_is_answered(chat: Chat) -> None:
    chat.asks(0, "item/tool/call", tool="mine", callId="d1", arguments={})
    assert chat.sent[-1]["result"]["success"] is False


def test_an_unknown_request_is_refused_and_kept(chat: Chat) -> None:
    chat.asks(0, "item/strange", what=1)
    assert chat.sent[-1]["error"]["message"] == "not supported: item/strange"
    assert isinstance(chat.events[-1].data, AgentUnparsed)
