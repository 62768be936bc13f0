"""Permissions and questions of a session: who answered what, and what needs no answer from anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sandbox_agent.adapter.keeper import Request
from sandbox_agent.runtime.policy import decide, rule_of
from sandbox_agent.schema.commands import (
    Answer,
    PermissionReply,
    RejectQuestion,
    ReplyPermission,
    ReplyQuestion,
)
from sandbox_agent.schema.errors import AlreadyResolved, InvalidRequest
from sandbox_agent.schema.events import (
    PermissionRequested,
    PermissionResolved,
    PermissionStatus,
    QuestionRequested,
    QuestionResolved,
)

__all__ = ["Requests", "refusal"]

_STATUS: dict[PermissionReply, PermissionStatus] = {
    "once": "accept",
    "always": "accept_for_session",
    "reject": "reject",
}


def refusal(request: Request) -> ReplyPermission | RejectQuestion:
    """The answer of nobody."""
    if isinstance(request, PermissionRequested):
        return ReplyPermission(permission_id=request.permission_id, reply="reject")
    return RejectQuestion(question_id=request.question_id)


class Requests:
    """Remembers each answer, so that the same one again is fine and another is refused."""

    def __init__(self, permission_mode: str, *, remembers: bool) -> None:
        self._permission_mode = permission_mode
        self._agent_remembers = remembers
        self._rules: set[str] = set()
        self._answers: dict[str, Answer] = {}
        self._unanswered: dict[str, Request] = {}

    def automatic(self, request: PermissionRequested) -> ReplyPermission | None:
        """The answer that the mode or an earlier `always` gives."""
        reply = decide(request, self._permission_mode, self._rules)
        return None if reply is None else ReplyPermission(permission_id=request.permission_id, reply=reply)

    def answered(self, request: Request) -> Answer | None:
        """How a request of this id was answered before."""
        return self._answers.get(_key(request))

    def resolve(self, answer: Answer, pending: Mapping[str, Request]) -> PermissionResolved | QuestionResolved | None:
        """What the log says about an answer; None when it was given already.

        Raises `InvalidRequest` for an id nobody asked under and for one that the end of the session left unanswered,
        `AlreadyResolved` when the answer was another.
        """
        kind, key = _named(answer)
        before = self._answers.get(key)
        if before is not None:
            if before == answer:
                return None
            raise AlreadyResolved(f"{kind} {key}")
        request = pending.get(key, self._unanswered.get(key))
        if request is None or _kind(request) != kind:
            raise InvalidRequest(f"unknown {kind} id: {key}", hint="see GET /v1/sessions/{id} for what is pending")
        if key in self._unanswered:
            raise InvalidRequest("session terminated")
        self._answers[key] = answer
        if isinstance(request, PermissionRequested):
            return self._permission(cast("ReplyPermission", answer), request)
        return _question(answer, request)

    def withdrawn(self, resolved: PermissionResolved | QuestionResolved) -> None:
        """The agent took a request back: remember it as refused."""
        if isinstance(resolved, PermissionResolved):
            refused: Answer = ReplyPermission(permission_id=resolved.permission_id, reply="reject")
            self._answers.setdefault(resolved.permission_id, refused)
        else:
            self._answers.setdefault(resolved.question_id, RejectQuestion(question_id=resolved.question_id))

    def session_ends(self, pending: Mapping[str, Request]) -> None:
        """Nobody can answer any more what waits now."""
        self._unanswered = dict(pending)

    def _permission(self, answer: ReplyPermission, request: PermissionRequested) -> PermissionResolved:
        if answer.reply == "always" and not (self._agent_remembers and _agent_remembers(request)):
            self._rules.add(rule_of(request))
        return PermissionResolved(
            permission_id=request.permission_id,
            action=request.action,
            status=_STATUS[answer.reply],
            metadata=request.metadata,
        )


def _question(answer: Answer, request: QuestionRequested) -> QuestionResolved:
    answers = answer.answers if isinstance(answer, ReplyQuestion) else None
    first = next(iter(answers[0]), None) if answers else None
    return QuestionResolved(
        question_id=request.question_id,
        prompt=request.prompt,
        status="rejected" if answers is None else "answered",
        options=request.options,
        response=first,
        answers=answers,
    )


def _agent_remembers(request: PermissionRequested) -> bool:
    said = request.metadata
    metadata = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
    return bool(metadata.get("alwaysBy", "agent") == "agent")


def _named(answer: Answer) -> tuple[str, str]:
    if isinstance(answer, ReplyPermission):
        return "permission", answer.permission_id
    return "question", answer.question_id


def _kind(request: Request) -> str:
    return "permission" if isinstance(request, PermissionRequested) else "question"


def _key(request: Request) -> str:
    return request.permission_id if isinstance(request, PermissionRequested) else request.question_id
