"""Reads the files that go with a message, so that adapters need no disk."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from sandbox_agent.schema.commands import AttachedFile, Attachment
from sandbox_agent.schema.errors import InvalidRequest

__all__ = ["LIMIT", "read_attachments"]

LIMIT = 32 * 1024 * 1024
"""Bytes of all attachments of one message."""

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
)


def read_attachments(attachments: tuple[Attachment, ...], directory: str) -> tuple[AttachedFile, ...]:
    """The attachments with their bytes. Relative paths start at `directory`, the session's working directory.

    Raises `InvalidRequest` for a path that is missing, not a file, unreadable, or for too many bytes.
    """
    files: list[AttachedFile] = []
    left = LIMIT
    for attachment in attachments:
        path = Path(directory, attachment.path)
        data = _read(path, attachment.path, left)
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


def _read(path: Path, named: str, left: int) -> bytes:
    if not path.exists():
        raise InvalidRequest(f"path not found: {named}", hint="attachments are paths on the server's machine")
    if not path.is_file():
        raise InvalidRequest(f"path is not a file: {named}")
    try:
        with path.open("rb") as file:
            data = file.read(left + 1)
    except OSError as error:
        raise InvalidRequest(f"cannot read {named}: {error.strerror}") from error
    if len(data) > left:
        raise InvalidRequest(f"attachments over {LIMIT} bytes", hint="name the file in the message instead")
    return data


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
