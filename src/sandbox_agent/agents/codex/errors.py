"""What went wrong, in our words: a code for machines, Codex's own sentence for people.

Source: `CodexErrorInfo` of 0.169.0, and what it says to each status of the model API. A plain refusal arrives as the
body of the response, in JSON, with the info `other`.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from sandbox_agent.adapter.jsonrpc import Fault
from sandbox_agent.adapter.values import as_dict, as_text
from sandbox_agent.schema.events import ErrorReported

__all__ = ["error_of", "fault_of"]

_BY_INFO = {
    "badRequest": "invalid_request",
    "contextWindowExceeded": "context_window_exceeded",
    "cyberPolicy": "refused",
    "internalServerError": "server_error",
    "misalignmentPolicyViolation": "refused",
    "modelNotFound": "model_not_found",
    "rateLimitExceeded": "rate_limited",
    "sandboxError": "sandbox_error",
    "serverOverloaded": "overloaded",
    "sessionBudgetExceeded": "max_budget",
    "tooManyDenials": "too_many_denials",
    "unauthorized": "authentication_failed",
    "usageLimitExceeded": "usage_limit",
}
_CONNECTIONS = frozenset(
    {
        "httpConnectionFailed",
        "responseStreamConnectionFailed",
        "responseStreamDisconnected",
        "responseTooManyFailedAttempts",
    }
)
_BY_STATUS = {
    400: "invalid_request",
    401: "authentication_failed",
    403: "permission_denied",
    404: "model_not_found",
    413: "request_too_large",
    429: "rate_limited",
    503: "overloaded",
}
_STATUS = re.compile(r"(?:unexpected status|last status:) (\d{3})\b")
_SERVER_ERRORS = range(500, 600)


def error_of(error: dict[str, Any]) -> ErrorReported:
    """The error that ended a turn: Codex's `TurnError`."""
    said, details = as_text(error.get("message")), as_text(error.get("additionalDetails"))
    info = error.get("codexErrorInfo")
    name = info if isinstance(info, str) else next(iter(as_dict(info)), "")
    status = _status(as_dict(as_dict(info).get(name)), f"{said} {details}")
    code = _BY_INFO.get(name)
    if code is None and status is not None:
        code = _BY_STATUS.get(status, "server_error" if status in _SERVER_ERRORS else "api_error")
    sentence = _sentence(said)
    if code is None:
        # A plain refusal has no info but its body; whatever Codex says itself is no JSON.
        code = "connection_failed" if name in _CONNECTIONS else "agent_error" if sentence == said else "invalid_request"
    message = sentence or "the agent ended the turn with an error"
    more = {"status": status, "details": details or None, "info": name or None}
    return ErrorReported(message=message, code=code, details={k: v for k, v in more.items() if v is not None} or None)


def fault_of(fault: Fault, code: str) -> ErrorReported:
    """A request of ours that Codex refused."""
    return ErrorReported(message=fault.message or "the agent refused the request", code=code, details=fault.data)


def _status(info: dict[str, Any], text: str) -> int | None:
    given = info.get("httpStatusCode")
    if isinstance(given, int):
        return given
    found = _STATUS.search(text)
    return int(found[1]) if found else None


def _sentence(said: str) -> str:
    """The sentence in a body of JSON, else what was said."""
    try:
        body = as_dict(msgspec.json.decode(said.encode()))
    except msgspec.DecodeError:
        return said
    error = body.get("error")
    return as_text(as_dict(error).get("message")) or as_text(error) or as_text(body.get("message")) or said
