"""What went wrong, in our words: a code for machines, OpenCode's own sentence for people.

Source: the named errors in `session.error` events and messages of 1.18.33, against each HTTP status.
"""

from __future__ import annotations

from sandbox_agent.adapter.http import Reply
from sandbox_agent.adapter.values import as_dict
from sandbox_agent.schema.events import ErrorReported

__all__ = ["ABORTED", "error_of", "failed_request", "unforeseen"]

ABORTED = "MessageAbortedError"
_UNFORESEEN = "UnknownError"
_TRACE = "\n    at "
"""How a line of a trace of the server's own code begins."""
_BY_NAME = {
    "ContextOverflowError": "context_window_exceeded",
    "MessageOutputLengthError": "max_output_tokens",
    "ProviderAuthError": "authentication_failed",
    "StructuredOutputError": "structured_output_failed",
}
_BY_STATUS = {
    400: "invalid_request",
    401: "authentication_failed",
    403: "permission_denied",
    404: "model_not_found",
    413: "request_too_large",
    429: "rate_limited",
    529: "overloaded",
}
_BY_WORDS = (
    ("Model not found", "model_not_found"),
    ("Agent not found", "invalid_request"),
    ("Unable to connect", "connection_failed"),
    ("ECONNREFUSED", "connection_failed"),
)
_SERVER_ERRORS = range(500, 600)


def error_of(error: object) -> ErrorReported | None:
    """The error of an event or a message; None for an abort, which is no failure."""
    told = as_dict(error)
    name, data = str(told.get("name", "")), as_dict(told.get("data"))
    if name == ABORTED:
        return None
    message = str(data.get("message") or name or "the agent reported an error").partition(_TRACE)[0]
    status = data.get("statusCode")
    details = {"name": name, **({"status": status} if isinstance(status, int) else {})}
    return ErrorReported(message=message, code=_code(name, status, message), details=details)


def unforeseen(error: ErrorReported) -> bool:
    """Whether the server itself broke, which may leave the conversation without the events of its end."""
    return error.code == "agent_error" and as_dict(error.details).get("name") == _UNFORESEEN


def failed_request(reply: Reply, what: str) -> ErrorReported:
    """A request that our turn needed and that the server did not do."""
    body = as_dict(reply.body)
    said = as_dict(body.get("data")).get("message") or body.get("message") or reply.error or f"status {reply.status}"
    return ErrorReported(message=f"{what}: {said}", code="agent_error", details={"status": reply.status})


def _code(name: str, status: object, message: str) -> str:
    if name in _BY_NAME:
        return _BY_NAME[name]
    if isinstance(status, int):
        return _BY_STATUS.get(status, "server_error" if status in _SERVER_ERRORS else "api_error")
    return next((code for words, code in _BY_WORDS if words in message), "agent_error")
