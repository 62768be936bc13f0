"""Every endpoint, once: the table that routing, decoding, the OpenAPI document and the docs read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, TypeAlias

from sandbox_agent.schema import api
from sandbox_agent.schema.base import Model
from sandbox_agent.schema.errors import (
    AgentNotInstalled,
    AlreadyResolved,
    ApiError,
    InstallFailed,
    ModeNotSupported,
    NotFound,
    SessionAlreadyExists,
    SessionBusy,
    SessionNotFound,
    UnsupportedAgent,
)
from sandbox_agent.server.asgi import Body, Query, Request, Response
from sandbox_agent.server.daemon import Daemon
from sandbox_agent.server.handlers import agents, sessions, turns
from sandbox_agent.server.handlers.meta import openapi
from sandbox_agent.server.query import Follow, NoQuery, Page, StreamOptions

__all__ = ["ENDPOINTS", "Endpoint", "Handler"]

Handler: TypeAlias = Callable[[Daemon, Request[Body, Query]], Awaitable[Response]]
Errors: TypeAlias = tuple[type[ApiError], ...]
Answer: TypeAlias = type[Model] | Literal["nothing", "events", "document"]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One method of one path."""

    name: str
    method: str
    path: str
    """Parameters in braces; each is one percent-decoded segment."""
    summary: str
    handler: Handler[Any, Any]
    body: type[Any]
    body_optional: bool
    query: type[Model]
    answer: Answer
    errors: Errors
    """Beside those that every endpoint may give: bad requests, no token, wrong host, a bug."""
    public: bool
    """Asks for no token."""
    also: type[Model] | None
    """What a 200 says beside the usual 204, where an additive field asks for it."""

    @property
    def takes_body(self) -> bool:
        """Whether the body is read; where it is not, anything may be sent."""
        return self.body is not NoneType


def _endpoint(  # noqa: PLR0913 - the columns of the table
    name: str,
    route: str,
    summary: str,
    handler: Handler[Body, Query],
    *,
    body: type[Body],
    query: type[Query],
    answer: Answer = "nothing",
    errors: Errors = (),
    body_optional: bool = False,
    public: bool = False,
    also: type[Model] | None = None,
) -> Endpoint:
    method, path = route.split()
    return Endpoint(
        name=name,
        method=method,
        path=path,
        summary=summary,
        handler=handler,
        body=body,
        body_optional=body_optional,
        query=query,
        answer=answer,
        errors=errors,
        public=public,
        also=also,
    )


_AGENT: Errors = (UnsupportedAgent,)
_SESSION: Errors = (SessionNotFound,)
_SEND: Errors = (SessionNotFound, SessionBusy)
_ANSWER: Errors = (SessionNotFound, AlreadyResolved)
_CREATE: Errors = (
    UnsupportedAgent,
    ModeNotSupported,
    SessionAlreadyExists,
    AgentNotInstalled,
    InstallFailed,
)
_ONE = "/v1/sessions/{session_id}"
_NONE: type[None] = NoneType

ENDPOINTS: tuple[Endpoint, ...] = (
    _endpoint(
        "health",
        "GET /v1/health",
        "Whether the server is up; never needs a token",
        agents.health,
        body=_NONE,
        query=NoQuery,
        answer=api.Health,
        public=True,
    ),
    _endpoint(
        "list_agents",
        "GET /v1/agents",
        "The agents, what they can do and whether they are installed",
        agents.list_agents,
        body=_NONE,
        query=NoQuery,
        answer=api.AgentList,
    ),
    _endpoint(
        "install_agent",
        "POST /v1/agents/{agent}/install",
        "Install an agent's CLI",
        agents.install,
        body=api.InstallRequest,
        body_optional=True,
        query=NoQuery,
        errors=(*_AGENT, AgentNotInstalled, InstallFailed),
    ),
    _endpoint(
        "agent_modes",
        "GET /v1/agents/{agent}/modes",
        "The modes an agent can work in",
        agents.modes,
        body=_NONE,
        query=NoQuery,
        answer=api.ModeList,
        errors=_AGENT,
    ),
    _endpoint(
        "agent_models",
        "GET /v1/agents/{agent}/models",
        "The models an agent offers, with their effort levels",
        agents.models,
        body=_NONE,
        query=NoQuery,
        answer=api.ModelList,
        errors=_AGENT,
    ),
    _endpoint(
        "list_sessions",
        "GET /v1/sessions",
        "All sessions, newest first",
        sessions.list_sessions,
        body=_NONE,
        query=NoQuery,
        answer=api.SessionList,
    ),
    _endpoint(
        "create_session",
        f"POST {_ONE}",
        "Create a session under an id of your choice",
        sessions.create,
        body=api.CreateSessionRequest,
        query=NoQuery,
        answer=api.CreateSessionResponse,
        errors=_CREATE,
    ),
    _endpoint(
        "get_session",
        f"GET {_ONE}",
        "One session, with what is pending and queued",
        sessions.get,
        body=_NONE,
        query=NoQuery,
        answer=api.SessionDetail,
        errors=_SESSION,
    ),
    _endpoint(
        "delete_session",
        f"DELETE {_ONE}",
        "End a session and forget it",
        sessions.delete,
        body=_NONE,
        query=NoQuery,
        errors=_SESSION,
    ),
    _endpoint(
        "send_message",
        f"POST {_ONE}/messages",
        "Send a message; returns as soon as it is taken",
        turns.send,
        body=api.MessageRequest,
        query=NoQuery,
        also=api.Delivered,
        errors=_SEND,
    ),
    _endpoint(
        "send_message_stream",
        f"POST {_ONE}/messages/stream",
        "Send a message and follow its turn, until it ends or somebody must answer",
        turns.send_and_stream,
        body=api.MessageRequest,
        query=StreamOptions,
        answer="events",
        errors=_SEND,
    ),
    _endpoint(
        "interrupt",
        f"POST {_ONE}/interrupt",
        "End the running turn; the session stays usable",
        turns.interrupt,
        body=api.InterruptRequest,
        body_optional=True,
        query=NoQuery,
        errors=_SESSION,
    ),
    _endpoint(
        "terminate_session",
        f"POST {_ONE}/terminate",
        "End a session and every process of it; its history stays",
        sessions.terminate,
        body=_NONE,
        query=NoQuery,
        errors=_SESSION,
    ),
    _endpoint(
        "list_queue",
        f"GET {_ONE}/queue",
        "The messages that wait for the running turn to end",
        turns.queue,
        body=_NONE,
        query=NoQuery,
        answer=api.Queue,
        errors=_SESSION,
    ),
    _endpoint(
        "clear_queue",
        f"DELETE {_ONE}/queue",
        "Withdraw all messages that wait",
        turns.clear_queue,
        body=_NONE,
        query=NoQuery,
        errors=_SESSION,
    ),
    _endpoint(
        "withdraw_message",
        f"DELETE {_ONE}/queue/{{message_id}}",
        "Withdraw one message that waits",
        turns.withdraw,
        body=_NONE,
        query=NoQuery,
        errors=(*_SESSION, NotFound),
    ),
    _endpoint(
        "list_events",
        f"GET {_ONE}/events",
        "A page of the history",
        sessions.events,
        body=_NONE,
        query=Page,
        answer=api.EventPage,
        errors=_SESSION,
    ),
    _endpoint(
        "follow_events",
        f"GET {_ONE}/events/sse",
        "History from an offset, then live events; give Last-Event-ID to go on after a break",
        sessions.follow,
        body=_NONE,
        query=Follow,
        answer="events",
        errors=_SESSION,
    ),
    _endpoint(
        "get_messages",
        f"GET {_ONE}/get-messages",
        "Another name for the page of the history",
        sessions.events,
        body=_NONE,
        query=Page,
        answer=api.EventPage,
        errors=_SESSION,
    ),
    _endpoint(
        "reply_question",
        f"POST {_ONE}/questions/{{question_id}}/reply",
        "Answer a question: one list of answers for each of its questions",
        turns.reply_question,
        body=api.QuestionReplyRequest,
        query=NoQuery,
        errors=_ANSWER,
    ),
    _endpoint(
        "reject_question",
        f"POST {_ONE}/questions/{{question_id}}/reject",
        "Refuse to answer a question",
        turns.reject_question,
        body=_NONE,
        query=NoQuery,
        errors=_ANSWER,
    ),
    _endpoint(
        "reply_permission",
        f"POST {_ONE}/permissions/{{permission_id}}/reply",
        "Allow once, allow always, or reject what the agent wants to do",
        turns.reply_permission,
        body=api.PermissionReplyRequest,
        query=NoQuery,
        errors=_ANSWER,
    ),
    _endpoint(
        "openapi",
        "GET /v1/openapi.json",
        "This API as an OpenAPI 3.1 document",
        openapi,
        body=_NONE,
        query=NoQuery,
        answer="document",
    ),
)
