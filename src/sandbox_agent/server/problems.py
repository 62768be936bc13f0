"""Errors on the wire: the one edge where an exception becomes a response."""

from __future__ import annotations

from http import HTTPStatus

from sandbox_agent.schema.base import encode
from sandbox_agent.schema.errors import ApiError, InvalidRequest, NotFound, TokenInvalid
from sandbox_agent.server.asgi import Header, Reply

__all__ = ["PROBLEM_TYPE", "method_not_allowed", "no_route", "problem_reply"]

PROBLEM_TYPE = "application/problem+json"
_PROBLEM: Header = (b"content-type", PROBLEM_TYPE.encode())


def problem_reply(error: ApiError, *more: Header) -> Reply:
    """The response that tells a client of an error."""
    if isinstance(error, TokenInvalid):
        more = (*more, (b"www-authenticate", b"Bearer"))
    if error.status == HTTPStatus.REQUEST_TIMEOUT:
        more = (*more, (b"connection", b"close"))
    return Reply(error.status, encode(error.problem()), (_PROBLEM, *more))


def no_route(path: str) -> Reply:
    """The answer to a path of the API that does not exist."""
    return problem_reply(NotFound(path, hint="GET /v1/openapi.json lists every route"))


def method_not_allowed(method: str, allowed: str) -> Reply:
    """The answer to a method that a path does not have."""
    error = InvalidRequest(f"{method} is not allowed here", status=405, hint=f"allowed: {allowed}")
    return problem_reply(error, (b"allow", allowed.encode()))
