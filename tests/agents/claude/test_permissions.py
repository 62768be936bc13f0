from __future__ import annotations

from typing import Any

from sandbox_agent.schema.commands import RejectQuestion, ReplyPermission, ReplyQuestion
from sandbox_agent.schema.events import PermissionRequested, QuestionRequested

from .said import Chat, answers, asks, calls, says

RULE = {"toolName": "Bash", "ruleContent": "touch:*"}
SUGGESTIONS = [
    {"type": "addRules", "rules": [RULE], "behavior": "allow", "destination": "localSettings"},
    {"type": "addDirectories", "directories": ["/srv"], "destination": "session"},
    {"type": "setMode", "mode": "acceptEdits", "destination": "session"},
]


def asked(line: dict[str, Any]) -> tuple[Chat, Any]:
    chat = Chat()
    chat.started()
    chat.hear(line)
    return chat, chat.events[-1].data


def reply(chat: Chat) -> dict[str, Any]:
    answer: dict[str, Any] = chat.written[-1]["response"]["response"]
    return answer


def test_a_permission_says_what_and_what_always_would_mean() -> None:
    line = asks("Bash", {"command": "touch x"}, permission_suggestions=SUGGESTIONS, description="Touch")
    _, request = asked(line)
    assert isinstance(request, PermissionRequested)
    assert (request.permission_id, request.action) == ("r1", "Bash")
    assert request.metadata == {
        "toolName": "Bash",
        "input": {"command": "touch x"},
        "permissionSuggestions": SUGGESTIONS,
        "blockedPath": None,
        "toolUseId": "t1",
        "itemId": "itm_2",
        "description": "Touch",
        "always": "Bash(touch:*)",
        "alwaysBy": "agent",
    }


def test_always_adds_rules_for_the_session_and_nothing_wider() -> None:
    chat, _ = asked(asks("Bash", {"command": "touch x"}, permission_suggestions=SUGGESTIONS))
    chat.command(ReplyPermission(permission_id="r1", reply="always"))
    assert reply(chat)["updatedPermissions"] == [
        {"type": "addRules", "rules": [RULE], "behavior": "allow", "destination": "session"}
    ]


def test_without_a_rule_always_is_once_and_the_daemon_remembers_that_very_thing() -> None:
    chat, request = asked(asks("Write", {"file_path": "/a", "content": "x"}, permission_suggestions=SUGGESTIONS[1:]))
    assert (request.metadata["always"], request.metadata["alwaysBy"]) == ("Write(/a)", "daemon")
    chat.command(ReplyPermission(permission_id="r1", reply="always"))
    assert reply(chat) == {"behavior": "allow", "updatedInput": {"file_path": "/a", "content": "x"}}
    _, other = asked(asks("mcp__x__y", {"b": 1, "a": [2]}))
    assert other.metadata["always"] == 'mcp__x__y({"b":1,"a":[2]})'


def test_a_refusal_carries_the_users_words() -> None:
    chat, _ = asked(asks("Bash", {"command": "x"}))
    chat.command(ReplyPermission(permission_id="r1", reply="reject", message="not here"))
    assert reply(chat) == {"behavior": "deny", "message": "not here"}


def test_a_subagent_asks_before_its_call_is_said_and_the_call_takes_the_item() -> None:
    chat, request = asked(asks("Bash", {"command": "x"}, agent_id="a1"))
    chat.hear(calls("Bash", {"command": "x"}, parent="t0"))
    assert chat.last.item.item_id == request.metadata["itemId"]


def test_answers_go_by_question_and_may_be_partial() -> None:
    questions = [{"question": "A?", "options": [{"label": "x"}, "y"]}, {"question": "B?", "multiSelect": True}]
    chat, request = asked(asks("AskUserQuestion", {"questions": questions}))
    assert isinstance(request, QuestionRequested)
    assert (request.question_id, request.options) == ("t1", ("x", "y"))
    chat.command(ReplyQuestion(question_id="t1", answers=(("x",), ("p", "q"))))
    assert reply(chat)["updatedInput"] == {"questions": questions, "answers": {"A?": "x", "B?": "p, q"}}
    chat, _ = asked(asks("AskUserQuestion", {"questions": questions}))
    chat.command(ReplyQuestion(question_id="t1", answers=((), ("p",))))
    assert reply(chat)["updatedInput"]["answers"] == {"B?": "p"}
    chat, _ = asked(asks("AskUserQuestion", {"questions": questions}))
    chat.command(RejectQuestion(question_id="t1"))
    assert reply(chat)["behavior"] == "deny"


def test_the_plan_is_found_wherever_it_was_said() -> None:
    _, request = asked(asks("ExitPlanMode", {"plan": "in the request"}))
    assert request.plan == "in the request"
    chat = Chat()
    chat.started()
    chat.hear(says("in the text"), asks("ExitPlanMode", {}))
    assert chat.last.plan == "in the text"
    chat = Chat()
    chat.started()
    chat.hear(calls("ExitPlanMode", {"plan": "in the call"}), asks("ExitPlanMode", {}))
    assert chat.last.plan == "in the call"
    chat = Chat()
    chat.started()
    path = "/home/me/.claude/plans/calm-sea.md"
    written = {"type": "create", "filePath": path, "content": "# A\n"}
    edited = {"filePath": path, "originalFile": "# A\n", "oldString": "A", "newString": "B", "replaceAll": False}
    chat.hear(calls("Write", {"file_path": path}, "w1"), answers("ok", "w1", detail=written))
    chat.hear(calls("Edit", {"file_path": path}, "w2"), answers("ok", "w2", detail=edited))
    chat.hear(asks("ExitPlanMode", {}))
    assert chat.last.plan == "# B\n"


def test_a_plan_is_approved_refused_or_discussed() -> None:
    for words, behavior in (("Approve", "allow"), ("reject", "deny"), ("smaller steps", "deny")):
        chat, _ = asked(asks("ExitPlanMode", {"plan": "p"}))
        chat.command(ReplyQuestion(question_id="t1", answers=((words,),)))
        assert reply(chat)["behavior"] == behavior
    assert reply(chat)["message"] == "smaller steps"
