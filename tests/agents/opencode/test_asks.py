from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.adapter import Exited
from sandbox_agent.schema.commands import RejectQuestion, ReplyPermission, ReplyQuestion
from sandbox_agent.schema.events import PermissionRequested, PermissionResolved, QuestionResolved

from .said import SES, Chat, delta, done, event, speaks, text, tool

CALL = {"messageID": "m2", "callID": "c1"}


def asked(request_id: str = "per_1", **more: Any) -> dict[str, Any]:
    given = {"permission": "bash", "patterns": ["echo hi"], "always": ["echo *"], "metadata": {}, "tool": CALL, **more}
    return event("permission.asked", id=request_id, sessionID=SES, **given)


def question(**more: Any) -> dict[str, Any]:
    entry = {"question": "Which?", "header": "H", "options": [{"label": "A", "description": "a"}, {"label": "B"}]}
    return event("question.asked", id="que_1", sessionID=SES, questions=[{**entry, **more}], tool=CALL)


@pytest.fixture
def chat() -> Chat:
    chat = Chat()
    chat.started()
    chat.hear(speaks("m2"), tool("p1", "write", "pending"))
    return chat


def test_a_permission_is_joined_to_its_call(chat: Chat) -> None:
    chat.hear(asked(metadata={"filepath": "/x", "diff": "Index: x\n--- a\n+++ b\n"}))
    request = chat.last
    assert isinstance(request, PermissionRequested)
    assert request.action == "bash"
    assert request.metadata["toolName"] == "write"
    assert request.metadata["itemId"] == "itm_2"
    assert request.metadata["input"] == {"filepath": "/x"}
    assert request.metadata["diff"] == "--- a\n+++ b\n"


@pytest.mark.parametrize(
    ("patterns", "always", "rule"),
    [
        (["echo hi"], ["echo *"], "bash(echo *)"),
        (["echo a", "ls b"], ["echo *", "ls *"], "bash(echo *, ls *)"),
        (["a.txt"], ["*"], "bash(a.txt)"),
        (["a.txt"], [], "bash(a.txt)"),
        (["a", "b"], ["a *", "*"], "bash(a, b)"),
    ],
)
def test_always_never_means_everything(chat: Chat, patterns: list[str], always: list[str], rule: str) -> None:
    chat.hear(asked(patterns=patterns, always=always))
    assert chat.last.metadata["always"] == rule
    assert chat.last.metadata["alwaysBy"] == "daemon"


@pytest.mark.parametrize(
    ("reply", "message", "body"),
    [
        ("once", None, {"reply": "once"}),
        ("always", None, {"reply": "once"}),
        ("reject", None, {"reply": "reject"}),
        ("reject", "no, because", {"reply": "reject", "message": "no, because"}),
        ("once", "ignored", {"reply": "once"}),
    ],
)
def test_always_is_never_told_to_the_server(chat: Chat, reply: Any, message: str | None, body: object) -> None:
    chat.hear(asked())
    chat.command(ReplyPermission(permission_id="per_1", reply=reply, message=message))
    assert chat.written[-1]["path"] == "/permission/per_1/reply"
    assert chat.written[-1]["body"] == body
    chat.hear(event("permission.replied", sessionID=SES, requestID="per_1", reply="once"))
    assert len([each for each in chat.events if isinstance(each.data, PermissionResolved)]) == 1


def test_the_answer_of_another_client_is_told(chat: Chat) -> None:
    chat.hear(asked(), event("permission.replied", sessionID=SES, requestID="per_1", reply="reject"))
    assert chat.last.status == "reject"
    chat.hear(question(), event("question.replied", sessionID=SES, requestID="que_1", answers=[["A"]]))
    assert (chat.last.status, chat.last.answers) == ("answered", (("A",),))


def test_a_question_has_its_options_and_is_answered(chat: Chat) -> None:
    chat.hear(question(multiple=True))
    assert chat.last.questions[0].multi_select
    assert [choice.description for choice in chat.last.questions[0].options] == ["a", None]
    assert chat.last.item_id == "itm_2"
    chat.command(ReplyQuestion(question_id="que_1", answers=(("A", "own"),)))
    assert (chat.written[-1]["path"], chat.written[-1]["body"]) == (
        "/question/que_1/reply",
        {"answers": [["A", "own"]]},
    )


def test_a_question_is_refused(chat: Chat) -> None:
    chat.hear(question())
    chat.command(RejectQuestion(question_id="que_1"))
    assert chat.written[-1]["path"] == "/question/que_1/reject"
    chat.hear(event("question.rejected", sessionID=SES, requestID="que_1"))
    assert [each.data.status for each in chat.events if isinstance(each.data, QuestionResolved)] == ["rejected"]


def test_nobody_waits_for_answers_in_a_server_that_is_gone(chat: Chat) -> None:
    chat.hear(asked())
    chat.exited(Exited(exit_code=1))
    before = len(chat.writes)
    chat.command(ReplyPermission(permission_id="per_1", reply="once"))
    assert len(chat.writes) == before


@pytest.fixture
def planned() -> Chat:
    chat = Chat(agent_mode="plan")
    chat.started()
    chat.hear(speaks("m2"), text("p0", "", over=False), delta("p0", "# My plan"), tool("p1", "plan_exit", "pending"))
    return chat


def leave_plan() -> dict[str, Any]:
    return question(question="Plan at x.md is complete.", options=[{"label": "Yes"}, {"label": "No"}])


def test_a_plan_is_asked_for_with_its_text(planned: Chat) -> None:
    planned.hear(leave_plan())
    assert (planned.last.plan, planned.last.options) == ("# My plan", ("approve", "reject"))


def test_a_plan_that_was_written_down_is_the_one_that_is_asked_for(planned: Chat) -> None:
    path = "/home/.local/share/opencode/plans/1-proud-star.md"
    planned.hear(tool("p2", "write", "completed", input={"filePath": path, "content": "one\ntwo\n"}, call_id="c2"))
    edit = {"filePath": path, "oldString": "two", "newString": "2"}
    planned.hear(tool("p3", "edit", "completed", input=edit, call_id="c3"))
    planned.hear(leave_plan())
    assert planned.last.plan == "one\n2\n"


def test_after_an_approved_plan_the_agent_that_builds_answers(planned: Chat) -> None:
    planned.hear(leave_plan())
    planned.command(ReplyQuestion(question_id="que_1", answers=(("approve",),)))
    assert planned.written[-1]["body"] == {"answers": [["Yes"]]}
    planned.hear(done("m2"), event("session.idle", sessionID=SES))
    planned.send("more", number=2)
    assert planned.written[-1]["body"]["agent"] == "build"


def test_a_rejected_plan_goes_back_with_the_users_words(planned: Chat) -> None:
    planned.hear(leave_plan())
    planned.command(ReplyQuestion(question_id="que_1", answers=(("Use Rust",),)))
    answer, words = planned.written[-2:]
    assert answer["body"] == {"answers": [["No"]]}
    assert (words["body"]["parts"][0]["text"], words["body"]["agent"]) == ("Use Rust", "plan")


def test_a_plan_rejected_without_a_word_is_only_rejected(planned: Chat) -> None:
    planned.hear(leave_plan())
    planned.command(ReplyQuestion(question_id="que_1", answers=(("reject",),)))
    assert planned.written[-1]["body"] == {"answers": [["No"]]}
