"""One pure function for each endpoint: arguments in, a `Call` out. Both clients send the same calls."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from sandbox_agent.schema import api
from sandbox_agent.schema.base import CamelModel, decode, encode
from sandbox_agent.schema.commands import Attachment, PermissionReply
from sandbox_agent.schema.errors import error_from_problem
from sandbox_agent.schema.events import decode_event
from sandbox_agent.schema.readiness import Readiness

__all__ = [
    "Answers",
    "Attachable",
    "Call",
    "agent_models",
    "agent_modes",
    "clear_queue",
    "create_session",
    "delete_session",
    "follow_events",
    "follow_install",
    "fork_session",
    "get_session",
    "health",
    "install_agent",
    "interrupt",
    "list_agents",
    "list_events",
    "list_sessions",
    "metrics",
    "openapi",
    "queue",
    "ready",
    "reject_question",
    "reply_permission",
    "reply_question",
    "send_message",
    "session_diff",
    "terminate_session",
    "withdraw_message",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Attachable: TypeAlias = Attachment | str | os.PathLike[str]
"""A file on the daemon's machine; a relative path begins at the session's directory."""
Answers: TypeAlias = str | Sequence[Sequence[str]]
"""One list of answers for each question; a single string answers a single question."""

_INSTALLING = 900.0


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T_co]):
    """A request, and how to read its answer."""

    method: str
    path: str
    decode: Callable[[bytes], T_co]
    body: bytes | Iterable[bytes] | AsyncIterable[bytes] | None = None
    content_type: str = "application/json"
    query: Mapping[str, str | int] | None = None
    idempotent: bool = False
    """Whether it may be sent again when nobody knows if it arrived."""
    timeout: float | None = None
    """Seconds, where the client's own are too few."""

    @property
    def target(self) -> str:
        """Path and query string."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


def metrics() -> Call[str]:
    """Counts and gauges of the server, in the text format of Prometheus."""
    return Call(method="GET", path="/v1/metrics", decode=bytes.decode, idempotent=True)


def health() -> Call[api.Health]:
    """Whether the server is up."""
    return _get("/v1/health", api.Health)


def ready(*agents: str) -> Call[Readiness]:
    """Whether the server can work, with these agents or with those it requires. Raises `NotReady`, which says why."""
    query: dict[str, str | int] | None = {"agents": ",".join(agents)} if agents else None
    return Call(
        method="GET", path="/v1/ready", query=query, decode=lambda body: decode(body, Readiness), idempotent=True
    )


def list_agents() -> Call[api.AgentList]:
    """The agents, what they can do and whether they are installed."""
    return _get("/v1/agents", api.AgentList)


def install_agent(agent: str, *, reinstall: bool = False) -> Call[None]:
    """Install an agent's CLI; returns when it is there. Raises `InstallFailed`."""
    body = api.InstallRequest(reinstall=reinstall)
    return _post(f"/v1/agents/{_quoted(agent)}/install", body, timeout=_INSTALLING)


def follow_install(agent: str, *, reinstall: bool = False) -> Call[api.InstallProgress]:
    """Install an agent's CLI and follow how far it is; each event of the answer is decoded alone."""
    return Call(
        method="POST",
        path=f"/v1/agents/{_quoted(agent)}/install/stream",
        body=encode(api.InstallRequest(reinstall=reinstall)),
        decode=_decode_progress,
    )


def agent_modes(agent: str) -> Call[api.ModeList]:
    """The modes an agent can work in."""
    return _get(f"/v1/agents/{_quoted(agent)}/modes", api.ModeList)


def agent_models(agent: str) -> Call[api.ModelList]:
    """The models an agent offers, with their effort levels."""
    return _get(f"/v1/agents/{_quoted(agent)}/models", api.ModelList)


def list_sessions() -> Call[api.SessionList]:
    """All sessions, newest first."""
    return _get("/v1/sessions", api.SessionList)


def create_session(  # noqa: PLR0913 - the fields of the request
    session_id: str,
    agent: str,
    *,
    agent_mode: str | None = None,
    permission_mode: str | None = None,
    model: str | None = None,
    variant: str | None = None,
    agent_version: str | None = None,
    directory: str | os.PathLike[str] | None = None,
    title: str | None = None,
    mcp: Mapping[str, api.McpServer] | None = None,
    skills: api.Skills | None = None,
    instructions: str | None = None,
    hooks: Mapping[str, Sequence[api.HookMatcher]] | None = None,
    resume: str | None = None,
) -> Call[api.CreateSessionResponse]:
    """Create a session under an id of your choice; installs the agent first where it is missing.

    `directory` is the agent's working directory; `instructions` are added to its system prompt; `resume` is the native
    id of a session to go on with. Raises `InvalidRequest` for what the agent cannot do, `SessionAlreadyExists`,
    `UnsupportedAgent`, `ModeNotSupported`, `InstallFailed`.
    """
    body = api.CreateSessionRequest(
        agent=agent,
        agent_mode=agent_mode,
        permission_mode=permission_mode,
        model=model,
        variant=variant,
        agent_version=agent_version,
        directory=None if directory is None else os.fspath(directory),
        title=title,
        mcp=None if mcp is None else dict(mcp),
        skills=skills,
        instructions=instructions,
        hooks=None if hooks is None else {event: tuple(each) for event, each in hooks.items()},
        resume=resume,
    )
    return Call(
        method="POST",
        path=_session(session_id),
        body=encode(body),
        decode=lambda data: decode(data, api.CreateSessionResponse),
        timeout=_INSTALLING,
    )


def fork_session(  # noqa: PLR0913 - the fields of the request
    session_id: str,
    new_session_id: str,
    *,
    turn_id: str | None = None,
    title: str | None = None,
    agent_mode: str | None = None,
    permission_mode: str | None = None,
    model: str | None = None,
    variant: str | None = None,
) -> Call[api.CreateSessionResponse]:
    """Create another session, under an id of your choice, that begins with this one's conversation.

    It goes up to the end of `turn_id`, or of the last turn that has ended; this session goes on as it was. What is not
    given is as in this session. Raises `InvalidRequest` when the agent cannot, and what `create_session` raises.
    """
    body = api.ForkRequest(
        new_session_id=new_session_id,
        turn_id=turn_id,
        title=title,
        agent_mode=agent_mode,
        permission_mode=permission_mode,
        model=model,
        variant=variant,
    )
    return Call(
        method="POST",
        path=f"{_session(session_id)}/fork",
        body=encode(body),
        decode=lambda data: decode(data, api.CreateSessionResponse),
        timeout=_INSTALLING,
    )


def get_session(session_id: str) -> Call[api.SessionDetail]:
    """How the session stands, with what is pending and queued. Raises `SessionNotFound`."""
    return _get(_session(session_id), api.SessionDetail)


def delete_session(session_id: str) -> Call[None]:
    """End the session and forget it, its history too."""
    return Call(method="DELETE", path=_session(session_id), decode=_nothing)


def send_message(
    session_id: str,
    message: str,
    *,
    attachments: Sequence[Attachable] = (),
    delivery: api.Delivery = "queue",
) -> Call[api.Delivered]:
    """Give the agent a message; returns as soon as it is taken. Raises `SessionBusy` with `delivery` reject."""
    body = api.MessageRequest(
        message=message, attachments=tuple(_attachment(each) for each in attachments), delivery=delivery
    )
    return Call(
        method="POST",
        path=f"{_session(session_id)}/messages",
        body=encode(body),
        decode=lambda data: decode(data, api.Delivered),
    )


def interrupt(session_id: str, *, clear_queue: bool = False) -> Call[None]:
    """End the running turn, if there is one; the session stays usable."""
    return _post(f"{_session(session_id)}/interrupt", api.InterruptRequest(clear_queue=clear_queue))


def terminate_session(session_id: str) -> Call[None]:
    """End the session and every process of it; its history stays."""
    return Call(method="POST", path=f"{_session(session_id)}/terminate", decode=_nothing, idempotent=True)


def session_diff(session_id: str) -> Call[api.SessionDiff]:
    """What has changed in the session's working directory since the session began."""
    return _get(f"{_session(session_id)}/diff", api.SessionDiff)


def queue(session_id: str) -> Call[api.Queue]:
    """The messages that wait for the running turn to end, next one first."""
    return _get(f"{_session(session_id)}/queue", api.Queue)


def clear_queue(session_id: str) -> Call[None]:
    """Withdraw all messages that wait."""
    return Call(method="DELETE", path=f"{_session(session_id)}/queue", decode=_nothing)


def withdraw_message(session_id: str, message_id: str) -> Call[None]:
    """Withdraw one message that waits. Raises `NotFound` when it has begun."""
    return Call(method="DELETE", path=f"{_session(session_id)}/queue/{_quoted(message_id)}", decode=_nothing)


def list_events(
    session_id: str, *, offset: int = 0, limit: int | None = None, include_raw: bool = False
) -> Call[api.EventPage]:
    """A page of the history: at most `limit` events with a sequence above `offset`."""
    query = _reading(offset, include_raw=include_raw)
    if limit is not None:
        query["limit"] = limit
    return Call(method="GET", path=f"{_session(session_id)}/events", query=query, decode=_decode_page, idempotent=True)


def follow_events(session_id: str, *, offset: int = 0, include_raw: bool = False) -> Call[None]:
    """History from `offset`, then live events, as server-sent events."""
    query = _reading(offset, include_raw=include_raw)
    return Call(method="GET", path=f"{_session(session_id)}/events/sse", query=query, decode=_nothing, idempotent=True)


def reply_permission(
    session_id: str, permission_id: str, reply: PermissionReply, *, message: str | None = None
) -> Call[None]:
    """Answer a permission: once, always (exactly what was asked), or reject, with a word to the agent if you like.

    The same answer again is fine. Raises `AlreadyResolved` when it was answered otherwise.
    """
    path = f"{_session(session_id)}/permissions/{_quoted(permission_id)}/reply"
    return _post(path, api.PermissionReplyRequest(reply=reply, message=message), idempotent=True)


def reply_question(session_id: str, question_id: str, answers: Answers) -> Call[None]:
    """Answer a question. Raises `AlreadyResolved` when it was answered otherwise."""
    path = f"{_session(session_id)}/questions/{_quoted(question_id)}/reply"
    return _post(path, api.QuestionReplyRequest(answers=_answers(answers)), idempotent=True)


def reject_question(session_id: str, question_id: str) -> Call[None]:
    """Refuse to answer a question."""
    path = f"{_session(session_id)}/questions/{_quoted(question_id)}/reject"
    return Call(method="POST", path=path, decode=_nothing, idempotent=True)


def openapi() -> Call[dict[str, Any]]:
    """The server's API as an OpenAPI 3.1 document."""
    return Call(
        method="GET",
        path="/v1/openapi.json",
        decode=lambda data: msgspec.json.decode(data, type=dict[str, Any]),
        idempotent=True,
    )


def _decode_progress(data: bytes) -> api.InstallProgress:
    progress = decode(data, api.InstallProgress)
    if progress.problem is not None:
        raise error_from_problem(progress.problem)
    return progress


class _Page(CamelModel):
    events: tuple[msgspec.Raw, ...]
    has_more: bool


def _decode_page(data: bytes) -> api.EventPage:
    page = decode(data, _Page)
    return api.EventPage(events=tuple(decode_event(bytes(each)) for each in page.events), has_more=page.has_more)


def _get(path: str, kind: type[T]) -> Call[T]:
    return Call(method="GET", path=path, decode=lambda data: decode(data, kind), idempotent=True)


def _post(path: str, body: CamelModel, *, idempotent: bool = False, timeout: float | None = None) -> Call[None]:
    return Call(method="POST", path=path, body=encode(body), decode=_nothing, idempotent=idempotent, timeout=timeout)


def _nothing(_: bytes) -> None:
    return None


def _reading(offset: int, *, include_raw: bool) -> dict[str, str | int]:
    query: dict[str, str | int] = {"offset": offset}
    if include_raw:
        query["includeRaw"] = "true"
    return query


def _session(session_id: str) -> str:
    return f"/v1/sessions/{_quoted(session_id)}"


def _quoted(segment: str) -> str:
    if segment in {".", ".."}:  # a path of dots would be folded away on the way
        return segment.replace(".", "%2E")
    return quote(segment, safe="")


def _attachment(file: Attachable) -> Attachment:
    return file if isinstance(file, Attachment) else Attachment(path=os.fspath(file))


def _answers(answers: Answers) -> tuple[tuple[str, ...], ...]:
    if isinstance(answers, str):
        return ((answers,),)
    if any(isinstance(each, str) for each in answers):
        raise TypeError("answers is one list of strings for each question, as in [['Red'], ['Yes', 'No']]")
    return tuple(tuple(each) for each in answers)
