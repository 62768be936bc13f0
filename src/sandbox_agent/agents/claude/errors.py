"""What went wrong, in our words: a code for machines, the CLI's own sentence for people.

The CLI says an error of the model API as an `assistant` line of model `<synthetic>` and again in `result`, which is of
subtype `success` then; only `is_error` tells. Source: 2.1.197 and 2.1.330 against each status.
"""

from __future__ import annotations

import re

from sandbox_agent.agents.claude.native import Assistant, Result
from sandbox_agent.schema.events import ErrorReported

__all__ = ["error_of"]

_BY_STATUS = {
    400: "invalid_request",
    401: "authentication_failed",
    403: "permission_denied",
    404: "model_not_found",
    413: "request_too_large",
    429: "rate_limited",
    529: "overloaded",
}
_BY_WORD = {
    "authentication_failed": "authentication_failed",
    "billing_error": "billing",
    "connection_failed": "connection_failed",
    "invalid_request": "invalid_request",
    "max_output_tokens": "max_output_tokens",
    "model_not_found": "model_not_found",
    "overloaded": "overloaded",
    "rate_limit": "rate_limited",
    "server_error": "server_error",
}
_BY_SUBTYPE = {
    "error_max_budget_usd": "max_budget",
    "error_max_structured_output_retries": "structured_output_failed",
    "error_max_turns": "max_turns",
}
_STATUS = re.compile(r"API Error: (\d{3})\b")
_UNREACHABLE = re.compile(r"Unable to connect|Connection (refused|dropped|error|closed)|ECONN|ENOTFOUND|ETIMEDOUT")
_SERVER_ERRORS = range(500, 600)


def error_of(result: Result, said: Assistant | None) -> ErrorReported:
    """The error that ended a turn; `said` is the synthetic assistant line before it, if there was one."""
    told = [error for error in result.errors if not error.startswith("[ede_diagnostic]")]
    message = result.result or "; ".join(told) or "the agent ended the turn with an error"
    status = result.api_error_status or (said.api_error_status if said else None) or _status_in(message)
    details = {"status": status} if status is not None else None
    return ErrorReported(message=message, code=_code(result, said, message, status), details=details)


def _code(result: Result, said: Assistant | None, message: str, status: int | None) -> str:
    if any(error.startswith("No conversation found") for error in result.errors):
        return "resume_failed"
    if result.subtype in _BY_SUBTYPE:
        return _BY_SUBTYPE[result.subtype]
    if status is not None:
        return _BY_STATUS.get(status, "server_error" if status in _SERVER_ERRORS else "api_error")
    if "Not logged in" in message or "Please run /login" in message:
        return "not_logged_in"
    if _UNREACHABLE.search(message):
        return "connection_failed"
    words = (said.api_error, said.error) if said else ()
    return next((_BY_WORD[word] for word in words if word in _BY_WORD), "agent_error")


def _status_in(message: str) -> int | None:
    found = _STATUS.search(message)
    return int(found[1]) if found else None
