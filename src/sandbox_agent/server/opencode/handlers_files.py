"""Files as OpenCode lists, reads and searches them; through the file API, so no path leads out of the file root."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import mimetypes
from collections import deque
from collections.abc import AsyncIterator

from sandbox_agent.runtime.files import Reader
from sandbox_agent.schema.errors import ApiError, InvalidRequest
from sandbox_agent.schema.files import FsEntry
from sandbox_agent.server.asgi import Request, Response, json_reply
from sandbox_agent.server.opencode.bodies import Query
from sandbox_agent.server.opencode.desk import Desk
from sandbox_agent.server.opencode.shapes import Json

__all__ = ["content", "find_files", "find_text", "listing"]

_LARGEST = 10 * 1024 * 1024
_SEARCHED = 1024 * 1024
"""Files over this size are not searched."""
_LOOKED_AT = 20_000
"""Files and folders of one search, at most."""
_FOUND = 100
_LINE = 2000
_SKIPPED = frozenset({".git", "node_modules", "__pycache__", ".venv"})


async def listing(desk: Desk, request: Request[None, Query]) -> Response:
    """What is in a folder, folders first."""
    directory = await desk.directory(request)
    entries = await desk.daemon.files.entries(_inside(request.query.path), directory)
    nodes = [_node(each, directory) for each in entries]
    return json_reply(sorted(nodes, key=lambda node: (node["type"], node["name"])))


async def content(desk: Desk, request: Request[None, Query]) -> Response:
    """A file: as text, or in base64 when it is none."""
    directory = await desk.directory(request)
    name = _needed("path", request.query.path)
    data = await _read(desk, name, directory, _LARGEST)
    try:
        text = data.decode()
        if "\0" not in text:
            return json_reply({"type": "text", "content": text})
    except UnicodeDecodeError:
        pass
    mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
    encoded = base64.b64encode(data).decode()
    return json_reply({"type": "binary", "content": encoded, "encoding": "base64", "mimeType": mime})


async def find_files(desk: Desk, request: Request[None, Query]) -> Response:
    """Paths that have the words of the query in them, the shortest first; folders end with a slash."""
    query, directory = request.query, await desk.directory(request)
    words = (query.query or "").lower().split()
    only = query.type or ("file" if query.dirs == "false" else None)
    found: list[str] = []
    async for entry in _walk(desk, directory):
        path = _relative(entry, directory)
        if only in (None, entry.entry_type) and all(word in path.lower() for word in words):
            found.append(path)
    found.sort(key=lambda path: (len(path), path))
    return json_reply(found[: query.limit or _FOUND])


async def find_text(desk: Desk, request: Request[None, Query]) -> Response:
    """Lines that have the pattern in them, taken as it is written: no pattern of a client can keep the server busy."""
    pattern = _needed("pattern", request.query.pattern)
    directory = await desk.directory(request)
    found: list[Json] = []
    async for entry in _walk(desk, directory):
        if entry.entry_type != "file" or entry.size > _SEARCHED:
            continue
        with contextlib.suppress(ApiError):  # it went away, or may not be read
            data = await _read(desk, entry.path, directory, _SEARCHED)
            found += await asyncio.to_thread(_matches, data, pattern, _relative(entry, directory))
        if len(found) >= _FOUND:
            break
    return json_reply(found[:_FOUND])


def _matches(data: bytes, pattern: str, path: str) -> list[Json]:
    if b"\0" in data:
        return []
    found: list[Json] = []
    offset = 0
    wanted = pattern.encode()
    for number, line in enumerate(data.split(b"\n"), 1):
        start = line.find(wanted)
        if start >= 0:
            match = {"match": {"text": pattern}, "start": start, "end": start + len(wanted)}
            found.append(
                {
                    "path": {"text": path},
                    "lines": {"text": line[:_LINE].decode(errors="replace") + "\n"},
                    "line_number": number,
                    "absolute_offset": offset,
                    "submatches": [match],
                }
            )
        offset += len(line) + 1
    return found


async def _walk(desk: Desk, directory: str) -> AsyncIterator[FsEntry]:
    """Everything below a folder, nearest first; links are not followed."""
    folders = deque([directory])
    count = 0
    while folders:
        try:
            entries = await desk.daemon.files.entries(folders.popleft(), directory)
        except ApiError:
            continue
        for entry in sorted(entries, key=lambda each: each.name):
            count += 1
            if count > _LOOKED_AT:
                return
            if entry.name in _SKIPPED:
                continue
            yield entry
            if entry.entry_type == "directory":
                folders.append(entry.path)


async def _read(desk: Desk, path: str, directory: str, limit: int) -> bytes:
    reader = await desk.daemon.files.open(path, directory)
    try:
        if reader.size > limit:
            raise InvalidRequest(f"the file has {reader.size} bytes, over {limit}", hint="GET /v1/fs/file reads any")
        return await asyncio.to_thread(_whole, reader, limit)
    finally:
        reader.close()


def _whole(reader: Reader, limit: int) -> bytes:
    data = bytearray()
    while len(data) < limit and (piece := reader.read(len(data), limit - len(data))):
        data += piece
    return bytes(data)


def _node(entry: FsEntry, directory: str) -> Json:
    path = _relative(entry, directory)
    return {"name": entry.name, "path": path, "absolute": entry.path, "type": entry.entry_type, "ignored": False}


def _relative(entry: FsEntry, directory: str) -> str:
    path = entry.path.removeprefix(directory.rstrip("/") + "/")
    return f"{path}/" if entry.entry_type == "directory" else path


def _inside(path: str | None) -> str:
    return (path or "").strip("/") or "." if not (path or "").startswith("/") else path or "."


def _needed(name: str, value: str | None) -> str:
    if not value:
        raise InvalidRequest(f"missing query parameter: {name}")
    return value
