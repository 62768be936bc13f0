"""Errors the way OpenCode's clients read them."""

from __future__ import annotations

from http import HTTPStatus

from sandbox_agent.schema.errors import ApiError, InternalError, InvalidRequest
from sandbox_agent.server.asgi import Header, Reply, json_reply
from sandbox_agent.server.opencode.shapes import Json

__all__ = ["bug", "error_reply", "not_allowed", "refuse"]

_NAMES = {400: "BadRequest", 403: "Forbidden", 404: "NotFoundError", 409: "Conflict"}


def error_reply(error: ApiError) -> Reply:
    """404 as a named error; anything else also with the list of `errors` that the generated clients know."""
    message = f"{error} ({error.hint})" if error.hint else str(error)
    # The clients know one kind of bad request.
    status = HTTPStatus.BAD_REQUEST if error.status == HTTPStatus.UNPROCESSABLE_ENTITY else error.status
    body: Json = {"name": _NAMES.get(status, "UnknownError"), "data": {"message": message}}
    if status != HTTPStatus.NOT_FOUND:
        body |= {"errors": [{"message": message}], "success": False}
    return json_reply(body, status)


def not_allowed(method: str, allowed: str) -> Reply:
    """The answer to a method that a path does not have."""
    reply = error_reply(InvalidRequest(f"{method} is not allowed here", status=405, hint=f"allowed: {allowed}"))
    allow: Header = (b"allow", allowed.encode())
    return Reply(reply.status, reply.body, (*reply.headers, allow))


def refuse(what: str, instead: str) -> InvalidRequest:
    """What OpenCode can do and we cannot."""
    return InvalidRequest(f"{what} is not possible here", hint=instead)


def bug() -> Reply:
    """The answer when it was our fault."""
    return error_reply(InternalError("a bug in the server", hint="the server's stderr has the traceback"))
