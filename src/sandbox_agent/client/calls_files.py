"""The calls of files: like `calls`, one pure function for each endpoint."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

from sandbox_agent.client.calls import Call
from sandbox_agent.schema.base import decode, encode
from sandbox_agent.schema.files import FsEntry, FsMoved, FsMoveRequest, FsPath, FsStat, FsUnpacked, FsWritten

__all__ = ["Body", "Readable", "delete", "entries", "mkdir", "move", "read", "stat", "unpack", "write"]

T = TypeVar("T")

Body: TypeAlias = bytes | Iterable[bytes] | AsyncIterable[bytes]

_TAR = "application/x-tar"
_BYTES = "application/octet-stream"


@runtime_checkable
class Readable(Protocol):
    """An open file."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


def entries(session_id: str | None, path: str) -> Call[tuple[FsEntry, ...]]:
    """What is in a folder."""
    return _call("GET", "entries", tuple[FsEntry, ...], _query(session_id, path=path), idempotent=True)


def stat(session_id: str | None, path: str) -> Call[FsStat]:
    """What a path is."""
    return _call("GET", "stat", FsStat, _query(session_id, path=path), idempotent=True)


def read(session_id: str | None, path: str) -> Call[bytes]:
    """The bytes of a file."""
    query = _query(session_id, path=path)
    return Call(method="GET", path="/v1/fs/file", query=query, decode=bytes, idempotent=True)


def write(session_id: str | None, path: str, body: Body) -> Call[FsWritten]:
    """Write a file. What is given as bytes can be sent again, because it appears whole or not at all."""
    query, again = _query(session_id, path=path), isinstance(body, bytes)
    return _call("PUT", "file", FsWritten, query, body=body, content_type=_BYTES, idempotent=again)


def unpack(session_id: str | None, path: str, body: Body) -> Call[FsUnpacked]:
    """Unpack a tar file, plain or gzip, into a folder."""
    return _call("POST", "upload-batch", FsUnpacked, _query(session_id, path=path), body=body, content_type=_TAR)


def mkdir(session_id: str | None, path: str) -> Call[FsPath]:
    """Make a folder and those above it."""
    return _call("POST", "mkdir", FsPath, _query(session_id, path=path), idempotent=True)


def move(session_id: str | None, source: str, target: str, *, overwrite: bool) -> Call[FsMoved]:
    """Move a file, a link or a folder."""
    body = encode(FsMoveRequest(source=source, target=target, overwrite=overwrite or None))
    return _call("POST", "move", FsMoved, _query(session_id), body=body)


def delete(session_id: str | None, path: str, *, recursive: bool) -> Call[FsPath]:
    """Delete a file, a link, or a folder."""
    query = _query(session_id, path=path, recursive="true" if recursive else None)
    return _call("DELETE", "entry", FsPath, query)


def _query(session_id: str | None, **more: str | None) -> dict[str, str | int]:
    return {name: value for name, value in {**more, "sessionId": session_id}.items() if value is not None}


def _call(  # noqa: PLR0913 - the parts of a request
    method: str,
    name: str,
    kind: type[T],
    query: Mapping[str, str | int],
    *,
    body: Body | None = None,
    content_type: str = "application/json",
    idempotent: bool = False,
) -> Call[T]:
    return Call(
        method=method,
        path=f"/v1/fs/{name}",
        query=query,
        body=body,
        content_type=content_type,
        decode=lambda data: decode(data, kind),
        idempotent=idempotent,
    )
