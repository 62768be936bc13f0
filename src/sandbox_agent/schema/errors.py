"""Every error of the API, once: class, code, status, and the sentence the wire contract asks for.

    SandboxAgentError
    +-- ApiError                    a problem the server answers with
    |   +-- InvalidRequest          400 invalid_request (framework errors too: 405, 413, 415, 421 keep their status)
    |   +-- UnsupportedAgent        400 unsupported_agent
    |   +-- ModeNotSupported        400 mode_not_supported
    |   +-- TokenInvalid            401 token_invalid
    |   +-- PermissionDenied        403 permission_denied
    |   +-- NotFound                404 not_found
    |   +-- AgentNotInstalled       404 agent_not_installed
    |   +-- SessionNotFound         404 session_not_found
    |   +-- SessionAlreadyExists    409 session_already_exists
    |   +-- SessionBusy             409 session_busy
    |   +-- AlreadyResolved         409 already_resolved
    |   +-- InstallFailed           500 install_failed
    |   +-- AgentProcessExited      500 agent_process_exited
    |   +-- InternalError           500 internal_error
    |   +-- StreamError             502 stream_error
    |   +-- NotReady                503 not_ready
    |   +-- RequestTimeout          504 timeout
    +-- ConnectionFailed            the client cannot reach the server (never on the wire, like the two below)
    +-- LogReplaced                 the session that was read is gone, another one has its id
    +-- StoreFailed                 events cannot be kept in, or read from, a store

The server maps an `ApiError` to a `Problem` at one edge; the client maps the code back to the same class.
Source: the error table of the 0.1.x API; ours are `not_found`, `session_busy`, `already_resolved`, `not_ready` and
`internal_error`.
"""

from __future__ import annotations

from typing import Any, ClassVar, cast

from sandbox_agent.schema.base import CamelModel

__all__ = [
    "ERRORS",
    "AgentNotInstalled",
    "AgentProcessExited",
    "AlreadyResolved",
    "ApiError",
    "ConnectionFailed",
    "InstallFailed",
    "InternalError",
    "InvalidRequest",
    "LogReplaced",
    "ModeNotSupported",
    "NotFound",
    "NotReady",
    "PermissionDenied",
    "Problem",
    "RequestTimeout",
    "SandboxAgentError",
    "SessionAlreadyExists",
    "SessionBusy",
    "SessionNotFound",
    "StoreFailed",
    "StreamError",
    "TokenInvalid",
    "UnsupportedAgent",
    "error_from_problem",
]

URN = "urn:sandbox-agent:error:"


class Problem(CamelModel, omit_defaults=True):
    """An error on the wire (RFC 9457 problem details with our extension members)."""

    type: str
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
    agent: str | None = None
    session_id: str | None = None
    details: Any = None
    hint: str | None = None
    """What to do about it (additive)."""


class SandboxAgentError(Exception):
    """The root of everything this package raises on purpose."""


class ConnectionFailed(SandboxAgentError):
    """The server cannot be reached, or it broke off and did not come back in time."""


class LogReplaced(SandboxAgentError):
    """The session that was being read is gone, and another one has its id: a server that started anew, or a delete.

    `offset` is how far the old log was read. Begin the new one at 0.
    """

    def __init__(self, offset: int) -> None:
        super().__init__(f"the session began anew: its log is not the one that was read up to event {offset}")
        self.offset = offset


class StoreFailed(SandboxAgentError):
    """Events cannot be kept in a store or read from it."""


class ApiError(SandboxAgentError):
    """A request that failed; `str(error)` is the problem's detail."""

    code: ClassVar[str] = "internal_error"
    default_status: ClassVar[int] = 500
    template: ClassVar[str] = "{}"

    def __init__(
        self,
        subject: str = "",
        *,
        agent: str | None = None,
        session_id: str | None = None,
        details: Any = None,
        hint: str | None = None,
        status: int | None = None,
    ) -> None:
        self.subject = subject
        self.agent = agent
        self.session_id = session_id
        self.details = details
        self.hint = hint
        self.status = status or self.default_status
        super().__init__(self.template.format(subject))

    @property
    def title(self) -> str:
        """The code in words, `Session Not Found`."""
        return self.code.replace("_", " ").title()

    def problem(self) -> Problem:
        """This error as it goes over the wire."""
        return Problem(
            type=URN + self.code,
            title=self.title,
            status=self.status,
            detail=str(self),
            agent=self.agent,
            session_id=self.session_id,
            details=self.details,
            hint=self.hint,
        )


class InvalidRequest(ApiError):
    """The request cannot be understood or asks for something that cannot be."""

    code = "invalid_request"
    default_status = 400
    template = "invalid request: {}"


class UnsupportedAgent(ApiError):
    """No agent of that name."""

    code = "unsupported_agent"
    default_status = 400
    template = "unsupported agent: {}"


class ModeNotSupported(ApiError):
    """The agent exists but not in that mode."""

    code = "mode_not_supported"
    default_status = 400
    template = "mode not supported: {}"


class TokenInvalid(ApiError):
    """No token, or a wrong one."""

    code = "token_invalid"
    default_status = 401
    template = "token invalid"


class PermissionDenied(ApiError):
    """The server refuses this request, whoever asks."""

    code = "permission_denied"
    default_status = 403
    template = "permission denied"


class NotFound(ApiError):
    """No such route or thing."""

    code = "not_found"
    default_status = 404
    template = "not found: {}"


class AgentNotInstalled(ApiError):
    """The agent's CLI is not there and may not be installed."""

    code = "agent_not_installed"
    default_status = 404
    template = "agent not installed: {}"


class SessionNotFound(ApiError):
    """No session of that id."""

    code = "session_not_found"
    default_status = 404
    template = "session not found: {}"


class SessionAlreadyExists(ApiError):
    """A session of that id is there, or is being created."""

    code = "session_already_exists"
    default_status = 409
    template = "session already exists: {}"


class SessionBusy(ApiError):
    """A turn is running and the message asked not to wait."""

    code = "session_busy"
    default_status = 409
    template = "session busy: {}"


class AlreadyResolved(ApiError):
    """The permission or question has another answer already."""

    code = "already_resolved"
    default_status = 409
    template = "already resolved: {}"


class InstallFailed(ApiError):
    """The agent could not be installed; `details.stderr` has the installer's words."""

    code = "install_failed"
    default_status = 500
    template = "install failed: {}"


class AgentProcessExited(ApiError):
    """The agent process ended when it was needed."""

    code = "agent_process_exited"
    default_status = 500
    template = "agent process exited: {}"


class InternalError(ApiError):
    """A bug in the server; the request may or may not have had an effect."""

    code = "internal_error"
    default_status = 500
    template = "internal error: {}"


class StreamError(ApiError):
    """The agent's own service or the operating system failed the request."""

    code = "stream_error"
    default_status = 502
    template = "stream error: {}"

    def __init__(self, subject: str = "", *, details: Any = None, **others: Any) -> None:
        """The message is among the details too, where clients of the 0.1.x API look for it."""
        if details is None or isinstance(details, dict):
            details = {"message": subject, **cast("dict[str, Any]", details or {})}
        super().__init__(subject, details=details, **others)


class NotReady(ApiError):
    """The server is up but lacks what it needs to work; `details` is a `Readiness` that says what."""

    code = "not_ready"
    default_status = 503
    template = "not ready: {}"


class RequestTimeout(ApiError):
    """It took too long."""

    code = "timeout"
    default_status = 504
    template = "timeout"


ERRORS: dict[str, type[ApiError]] = {
    kind.code: kind
    for kind in (
        InvalidRequest,
        UnsupportedAgent,
        ModeNotSupported,
        TokenInvalid,
        PermissionDenied,
        NotFound,
        AgentNotInstalled,
        SessionNotFound,
        SessionAlreadyExists,
        SessionBusy,
        AlreadyResolved,
        InstallFailed,
        AgentProcessExited,
        InternalError,
        StreamError,
        NotReady,
        RequestTimeout,
    )
}


def error_from_problem(problem: Problem) -> ApiError:
    """The error that the server raised, on the client's side.

    A code this version does not know becomes a plain `ApiError` with the problem's words.
    """
    kind = ERRORS.get(problem.type.removeprefix(URN), ApiError)
    detail = problem.detail or problem.title
    before, _, after = kind.template.partition("{}")
    subject = detail.removeprefix(before).removesuffix(after) if "{}" in kind.template else detail
    return kind(
        subject,
        agent=problem.agent,
        session_id=problem.session_id,
        details=problem.details,
        hint=problem.hint,
        status=problem.status,
    )
