"""Request bodies: read within a limit, decoded into the schema, refused with words that help."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec

from sandbox_agent.schema import api
from sandbox_agent.schema.errors import InvalidRequest
from sandbox_agent.server.aliases import normalise_session
from sandbox_agent.server.asgi import ClientGone, Header, Message, Receive, header

__all__ = ["BodyStream", "check_type", "decode_body", "read_body"]

B = TypeVar("B")


_WHOLE = 10
"""A body that is gathered may take so many times the patience in all."""


class BodyStream:
    """A body that is read as it comes, once.

    Iterating raises `ClientGone` when it is cut, and `InvalidRequest` (408) when nothing came for `patience` seconds.
    """

    def __init__(self, receive: Receive, headers: Sequence[Header], patience: float) -> None:
        self._receive = receive
        self._patience = patience
        self.content_type = (header(headers, b"content-type") or b"").decode("latin-1").strip().lower()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The body in pieces."""
        more = True
        while more:
            message = await _next(self._receive, self._patience)
            if message["type"] == "http.disconnect":
                raise ClientGone
            yield message.get("body", b"")
            more = message.get("more_body", False)


async def read_body(receive: Receive, headers: Sequence[Header], limit: int, patience: float) -> bytes:
    """The whole body.

    Raises `InvalidRequest`, 413 over `limit` bytes, 408 when it takes too long or nothing came for `patience` seconds;
    and `ClientGone` when it is cut.
    """
    announced = header(headers, b"content-length")
    if announced is not None and int(announced) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    loop = asyncio.get_running_loop()
    end = loop.time() + _WHOLE * patience
    while True:
        message = await _next(receive, min(patience, end - loop.time()))
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _next(receive: Receive, patience: float) -> Message:
    try:
        async with asyncio.timeout(patience):
            return await receive()
    except TimeoutError:
        raise InvalidRequest("the body did not come in time", status=HTTPStatus.REQUEST_TIMEOUT) from None


def decode_body(data: bytes, headers: Sequence[Header], kind: type[B], *, optional: bool) -> B:
    """The value that a body describes. Raises `InvalidRequest`: 415 no JSON type, 400 no JSON, 422 wrong shape."""
    if not data and optional:
        return kind()
    check_type(header(headers, b"content-type"))
    try:
        if kind is api.CreateSessionRequest:
            return msgspec.convert(normalise_session(msgspec.json.decode(data)), type=kind)
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"the body has the wrong shape: {error}", status=422, hint=_shape(kind)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what = "it is empty" if not data else str(error)
        raise InvalidRequest(f"the body is not JSON: {what}") from error


def check_type(content_type: bytes | None) -> None:
    """Raises `InvalidRequest` (415) for a body that does not say it is JSON: a form of a strange page cannot."""
    named = (content_type or b"").split(b";")[0].strip().lower()
    if named == b"application/json" or (named.startswith(b"application/") and named.endswith(b"+json")):
        return
    got = repr(named.decode("latin-1")) if named else "nothing"
    raise InvalidRequest(
        f"expected a JSON body, the content type says {got}", status=415, hint="content-type: application/json"
    )


def _shape(kind: type[Any]) -> str:
    required = [field.encode_name for field in msgspec.structs.fields(kind) if field.required]
    return f"see {kind.__name__} in /v1/openapi.json" + (f"; required: {', '.join(required)}" if required else "")


def _too_large(limit: int) -> InvalidRequest:
    return InvalidRequest(f"the body is over {limit} bytes", status=413)
