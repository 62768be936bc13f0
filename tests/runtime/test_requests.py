import pytest

from sandbox_agent.adapter.keeper import Request
from sandbox_agent.runtime.requests import Requests, refusal
from sandbox_agent.schema.commands import RejectQuestion, ReplyPermission, ReplyQuestion
from sandbox_agent.schema.errors import AlreadyResolved, InvalidRequest
from sandbox_agent.schema.events import (
    PermissionRequested,
    PermissionResolved,
    QuestionRequested,
    QuestionResolved,
)

PERMISSION = PermissionRequested(permission_id="p", action="Bash", metadata={"command": "touch x"})
QUESTION = QuestionRequested(question_id="q", prompt="Which?", options=("a", "b"))
PENDING: dict[str, Request] = {"p": PERMISSION, "q": QUESTION}


def requests(*, remembers: bool = False) -> Requests:
    return Requests("default", remembers=remembers)


@pytest.mark.parametrize(
    ("reply", "status"), [("once", "accept"), ("always", "accept_for_session"), ("reject", "reject")]
)
def test_a_permission_reply_becomes_its_status_with_action_and_metadata(reply: str, status: str) -> None:
    answer = ReplyPermission(permission_id="p", reply=reply)  # type: ignore[arg-type]
    resolved = requests().resolve(answer, PENDING)
    assert resolved == PermissionResolved(
        permission_id="p",
        action="Bash",
        status=status,  # type: ignore[arg-type]
        metadata={"command": "touch x"},
    )


def test_the_same_answer_again_says_nothing_new() -> None:
    each = requests()
    answer = ReplyPermission(permission_id="p", reply="once")
    assert each.resolve(answer, PENDING) is not None
    assert each.resolve(answer, {}) is None


def test_another_answer_is_refused() -> None:
    each = requests()
    each.resolve(ReplyPermission(permission_id="p", reply="once"), PENDING)
    with pytest.raises(AlreadyResolved):
        each.resolve(ReplyPermission(permission_id="p", reply="reject"), {})


def test_an_unknown_id_is_an_invalid_request_in_the_words_of_the_contract() -> None:
    with pytest.raises(InvalidRequest, match="unknown permission id: nope"):
        requests().resolve(ReplyPermission(permission_id="nope", reply="once"), PENDING)
    with pytest.raises(InvalidRequest, match="unknown question id: p"):
        requests().resolve(RejectQuestion(question_id="p"), PENDING)


def test_what_the_end_of_the_session_left_unanswered_stays_so_and_is_not_unknown() -> None:
    each = requests()
    each.resolve(ReplyPermission(permission_id="p", reply="once"), PENDING)
    each.session_ends({"q": QUESTION})
    with pytest.raises(InvalidRequest, match="session terminated"):
        each.resolve(RejectQuestion(question_id="q"), {})
    with pytest.raises(InvalidRequest, match="unknown permission id: q"):
        each.resolve(ReplyPermission(permission_id="q", reply="once"), {})
    assert each.resolve(ReplyPermission(permission_id="p", reply="once"), {}) is None


def test_the_first_answer_of_the_first_question_is_the_response() -> None:
    resolved = requests().resolve(ReplyQuestion(question_id="q", answers=(("b", "a"), ("c",))), PENDING)
    assert isinstance(resolved, QuestionResolved)
    assert (resolved.response, resolved.status, resolved.answers) == ("b", "answered", (("b", "a"), ("c",)))


@pytest.mark.parametrize("answers", [(), ((),)])
def test_an_empty_answer_has_no_response(answers: tuple[tuple[str, ...], ...]) -> None:
    resolved = requests().resolve(ReplyQuestion(question_id="q", answers=answers), PENDING)
    assert isinstance(resolved, QuestionResolved)
    assert resolved.response is None


def test_an_always_answers_the_next_request_of_the_same_rule() -> None:
    each = requests()
    each.resolve(ReplyPermission(permission_id="p", reply="always"), PENDING)
    again = PermissionRequested(permission_id="p2", action="Bash", metadata={"command": "touch x"})
    other = PermissionRequested(permission_id="p3", action="Bash", metadata={"command": "touch y"})
    assert each.automatic(again) == ReplyPermission(permission_id="p2", reply="always")
    assert each.automatic(other) is None


def test_an_agent_that_remembers_by_itself_is_left_to_it() -> None:
    each = requests(remembers=True)
    each.resolve(ReplyPermission(permission_id="p", reply="always"), PENDING)
    assert each.automatic(PERMISSION) is None


def test_what_such_an_agent_cannot_remember_the_daemon_does() -> None:
    each = requests(remembers=True)
    metadata = {"alwaysBy": "daemon", "always": "Write(/a)"}
    each.resolve(
        ReplyPermission(permission_id="p", reply="always"),
        {"p": PermissionRequested(permission_id="p", action="Write", metadata=metadata)},
    )
    again = PermissionRequested(permission_id="p2", action="Write", metadata=metadata)
    assert each.automatic(again) == ReplyPermission(permission_id="p2", reply="always")


def test_a_request_that_the_agent_took_back_counts_as_refused() -> None:
    each = requests()
    each.withdrawn(PermissionResolved(permission_id="p", action="Bash", status="reject"))
    each.withdrawn(QuestionResolved(question_id="q", prompt="", status="rejected"))
    assert each.resolve(ReplyPermission(permission_id="p", reply="reject"), {}) is None
    with pytest.raises(AlreadyResolved):
        each.resolve(ReplyQuestion(question_id="q", answers=(("a",),)), {})
    assert each.answered(PERMISSION) == ReplyPermission(permission_id="p", reply="reject")


def test_nobody_answers_with_a_refusal() -> None:
    assert refusal(PERMISSION) == ReplyPermission(permission_id="p", reply="reject")
    assert refusal(QUESTION) == RejectQuestion(question_id="q")
