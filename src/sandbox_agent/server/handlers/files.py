"""Files."""

from __future__ import annotations

from sandbox_agent.schema import files as fs
from sandbox_agent.schema.base import Model
from sandbox_agent.schema.errors import InvalidRequest
from sandbox_agent.server.asgi import Request, Response, json_reply
from sandbox_agent.server.body import BodyStream
from sandbox_agent.server.daemon import Daemon
from sandbox_agent.server.download import Download
from sandbox_agent.server.problems import problem_reply
from sandbox_agent.server.ranges import Unsatisfiable

__all__ = [
    "Deletion",
    "Folder",
    "Place",
    "Target",
    "delete",
    "entries",
    "mkdir",
    "move",
    "read",
    "stat",
    "upload_batch",
    "write",
]

_ARCHIVES = ("application/x-tar", "application/gzip", "application/x-gzip", "application/x-gtar")


class Place(Model):
    """Where relative paths begin."""

    session_id: str | None = None
    """Relative paths begin in this session's working directory; without one, in the home folder or the file root."""


class Folder(Model):
    """A folder."""

    path: str = "."
    """Absolute or relative."""
    session_id: str | None = None
    """Relative paths begin in this session's working directory; without one, in the home folder or the file root."""


class Target(Model):
    """A path that must be named."""

    path: str
    """Absolute or relative."""
    session_id: str | None = None
    """Relative paths begin in this session's working directory; without one, in the home folder or the file root."""


class Deletion(Model):
    """What to delete."""

    path: str
    """Absolute or relative."""
    recursive: bool = False
    """Delete a folder with everything in it."""
    session_id: str | None = None
    """Relative paths begin in this session's working directory; without one, in the home folder or the file root."""


async def entries(daemon: Daemon, request: Request[None, Folder]) -> Response:
    """List a folder."""
    query = request.query
    return json_reply(await daemon.files.entries(query.path, _base(daemon, query)))


async def read(daemon: Daemon, request: Request[None, Target]) -> Response:
    """Send a file."""
    query = request.query
    reader = await daemon.files.open(query.path, _base(daemon, query))
    try:
        return Download(reader, request.headers)
    except Unsatisfiable:
        reader.close()
        error = InvalidRequest(f"nothing of the file is in that range: it has {reader.size} bytes", status=416)
        return problem_reply(error, (b"content-range", b"bytes */%d" % reader.size))


async def write(daemon: Daemon, request: Request[BodyStream, Target]) -> Response:
    """Write a file from the body."""
    query = request.query
    return json_reply(await daemon.files.write(query.path, aiter(request.body), _base(daemon, query)))


async def delete(daemon: Daemon, request: Request[None, Deletion]) -> Response:
    """Delete a file or a folder."""
    query = request.query
    return json_reply(await daemon.files.delete(query.path, _base(daemon, query), recursive=query.recursive))


async def mkdir(daemon: Daemon, request: Request[None, Target]) -> Response:
    """Make a folder."""
    query = request.query
    return json_reply(await daemon.files.mkdir(query.path, _base(daemon, query)))


async def move(daemon: Daemon, request: Request[fs.FsMoveRequest, Place]) -> Response:
    """Move a file or a folder."""
    body, base = request.body, _base(daemon, request.query)
    return json_reply(await daemon.files.move(body.source, body.target, base, overwrite=body.overwrite or False))


async def stat(daemon: Daemon, request: Request[None, Target]) -> Response:
    """Look at a path."""
    query = request.query
    return json_reply(await daemon.files.stat(query.path, _base(daemon, query)))


async def upload_batch(daemon: Daemon, request: Request[BodyStream, Folder]) -> Response:
    """Unpack the body."""
    query = request.query
    if not request.body.content_type.startswith(_ARCHIVES):
        raise InvalidRequest(f"content-type must be {_ARCHIVES[0]}", hint="the archive itself may be plain or gzip")
    return json_reply(await daemon.files.unpack(query.path, aiter(request.body), _base(daemon, query)))


def _base(daemon: Daemon, query: Place | Folder | Target | Deletion) -> str | None:
    if query.session_id is None:
        return None
    return daemon.sessions.get(query.session_id).options.directory
