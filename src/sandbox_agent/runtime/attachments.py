"""Reads the files that go with a message, so that adapters need no disk."""

from __future__ import annotations

import mimetypes
from contextlib import closing
from pathlib import Path

from sandbox_agent.runtime.files.looking import Reader, open_file
from sandbox_agent.runtime.files.root import Root
from sandbox_agent.schema.commands import AttachedFile, Attachment
from sandbox_agent.schema.errors import InvalidRequest, StreamError

__all__ = ["LIMIT", "read_attachments"]

LIMIT = 32 * 1024 * 1024
"""Bytes of all attachments of one message."""

_PIECE = 4 * 1024 * 1024

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
)


def read_attachments(
    attachments: tuple[Attachment, ...], directory: str, fs_root: Path | None = None
) -> tuple[AttachedFile, ...]:
    """The attachments with their bytes. Relative paths start at `directory`, the session's working directory.

    Raises `InvalidRequest` for a path that is missing, not a file, unreadable, or for too many bytes, and
    `PermissionDenied` for one outside `fs_root`.
    """
    root = Root(fs_root)
    files: list[AttachedFile] = []
    left = LIMIT
    for attachment in attachments:
        path = Path(directory, attachment.path)
        data = _read(root, path, attachment.path, left)
        left -= len(data)
        files.append(
            AttachedFile(
                path=str(path),
                mime=attachment.mime or _mime(path, data),
                filename=attachment.filename or path.name,
                data=data,
            )
        )
    return tuple(files)


def _read(root: Root, path: Path, named: str, left: int) -> bytes:
    if "\0" in named:
        raise InvalidRequest(f"invalid path: {named[:200]!r}", hint="a path has no NUL")
    try:
        reader = open_file(root, str(path))
    except InvalidRequest as error:
        hint = "attachments are paths on the server's machine"
        raise InvalidRequest(error.subject.replace(str(path), named), hint=hint) from error
    except StreamError as error:
        raise InvalidRequest(f"cannot read {named}: {error.subject}") from error
    with closing(reader):
        data = _whole(reader, left + 1)
    if len(data) > left:
        raise InvalidRequest(f"attachments over {LIMIT} bytes", hint="name the file in the message instead")
    return data


def _whole(reader: Reader, limit: int) -> bytes:
    """At most `limit` bytes. Not by its size: files of systems like /proc say they are empty and are not."""
    data = bytearray()
    while len(data) < limit and (piece := reader.read(len(data), min(_PIECE, limit - len(data)))):
        data += piece
    return bytes(data)


def _mime(path: Path, data: bytes) -> str:
    for signature, mime in _SIGNATURES:
        if data.startswith(signature):
            return mime
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    guessed, _ = mimetypes.guess_type(path.name)
    if guessed:
        return guessed
    try:
        data.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain"
