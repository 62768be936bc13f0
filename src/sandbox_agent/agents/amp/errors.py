"""What went wrong, with a code for machines and the CLI's own words for people."""

from __future__ import annotations

import re

from sandbox_agent.schema.events import ErrorReported, StderrTail

__all__ = ["LOST", "NO_KEY", "SILENT_TRIES", "TRIES", "UNREACHABLE", "error_of", "startup_error"]

LOST = "resume_failed"
_CODES = (
    (re.compile(r"Invalid or missing API key|unauthenticated|login", re.IGNORECASE), "authentication_failed"),
    (re.compile(r"Thread not found|thread-not-found|Thread \S+ does not exist", re.IGNORECASE), LOST),
    (re.compile(r"Couldn't connect|ECONNREFUSED|ENOTFOUND|network", re.IGNORECASE), "connection_failed"),
    (re.compile(r"\b429\b|rate.?limit", re.IGNORECASE), "rate_limited"),
    (re.compile(r"overloaded|\b529\b", re.IGNORECASE), "overloaded"),
    (re.compile(r"out of credit|insufficient (balance|credit)|billing", re.IGNORECASE), "billing"),
    (re.compile(r"context (window|length)|too long", re.IGNORECASE), "request_too_large"),
)

NO_KEY = ErrorReported(
    message="Amp has no API key: set AMP_API_KEY for the daemon, or run `amp login` as its user.", code="not_logged_in"
)

TRIES = 5
"""How often it may try in vain to connect again before the turn is ended, which takes about 15 s."""
SILENT_TRIES = 20
"""How often it may try, with or without success, while nothing comes of it: about eight minutes."""
UNREACHABLE = ErrorReported(
    message="Amp lost its service and could not get, or keep, another connection.", code="connection_failed"
)


def error_of(message: str) -> ErrorReported:
    """The error that a text tells."""
    text = message.strip() or "Amp ended the turn with an error."
    code = next((code for pattern, code in _CODES if pattern.search(text)), "agent_error")
    return ErrorReported(message=text, code=code)


def startup_error(stderr: StderrTail | None) -> ErrorReported:
    """Why a process ended before its first line."""
    lines = [part for part in (stderr.head, stderr.tail) if part] if stderr else []
    return error_of("\n".join(lines) or "Amp ended before it had begun.")
