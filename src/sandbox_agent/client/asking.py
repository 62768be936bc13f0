"""Permissions and questions that a program answers by itself: the callbacks of `send` and `stream`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias

from sandbox_agent.client import calls
from sandbox_agent.client.calls import Answers, Call
from sandbox_agent.schema.api import SessionDetail
from sandbox_agent.schema.commands import PermissionReply
from sandbox_agent.schema.events import Event, PermissionRequested, QuestionRequested

__all__ = [
    "AsyncOnPermission",
    "AsyncOnQuestion",
    "OnPermission",
    "OnQuestion",
    "QuestionReply",
    "Request",
    "permission_call",
    "question_call",
    "request_of",
    "waits",
]

Request: TypeAlias = PermissionRequested | QuestionRequested
QuestionReply: TypeAlias = Answers | Literal[False] | None
"""The answers; False to refuse; None to leave it to somebody else."""
OnPermission: TypeAlias = Callable[[PermissionRequested], PermissionReply | None]
"""Says how to answer; None leaves it to somebody else."""
OnQuestion: TypeAlias = Callable[[QuestionRequested], QuestionReply]
AsyncOnPermission: TypeAlias = Callable[
    [PermissionRequested], PermissionReply | Awaitable[PermissionReply | None] | None
]
AsyncOnQuestion: TypeAlias = Callable[[QuestionRequested], QuestionReply | Awaitable[QuestionReply]]


def request_of(event: Event) -> Request | None:
    """What an event asks for."""
    return event.data if isinstance(event.data, PermissionRequested | QuestionRequested) else None


def waits(request: Request, session: SessionDetail) -> bool:
    """Whether a request still waits: it may have been answered by a rule, or long ago."""
    match request:
        case PermissionRequested(permission_id=key):
            return any(each.permission_id == key for each in session.permissions)
        case QuestionRequested(question_id=key):
            return any(each.question_id == key for each in session.questions)


def permission_call(session_id: str, permission_id: str, reply: PermissionReply | None) -> Call[None] | None:
    """The call that gives a callback's answer."""
    return None if reply is None else calls.reply_permission(session_id, permission_id, reply)


def question_call(session_id: str, question_id: str, reply: QuestionReply) -> Call[None] | None:
    """The call that gives a callback's answer."""
    if reply is None:
        return None
    if reply is False:
        return calls.reject_question(session_id, question_id)
    return calls.reply_question(session_id, question_id, reply)
