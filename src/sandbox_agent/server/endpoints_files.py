"""The endpoints of files."""

from __future__ import annotations

from sandbox_agent.schema import files as fs
from sandbox_agent.schema.errors import SessionNotFound, StreamError
from sandbox_agent.server.body import BodyStream
from sandbox_agent.server.endpoint import NONE, Endpoint, Errors, endpoint
from sandbox_agent.server.handlers import files

__all__ = ["FILE_ENDPOINTS"]

_ERRORS: Errors = (SessionNotFound, StreamError)

FILE_ENDPOINTS: tuple[Endpoint, ...] = (
    endpoint(
        "fs_entries",
        "GET /v1/fs/entries",
        "What is in a folder",
        files.entries,
        body=NONE,
        query=files.Folder,
        answer=fs.FsEntry,
        many=True,
        errors=_ERRORS,
    ),
    endpoint(
        "fs_read",
        "GET /v1/fs/file",
        "A file, or a range of it",
        files.read,
        body=NONE,
        query=files.Target,
        answer="bytes",
        errors=_ERRORS,
    ),
    endpoint(
        "fs_write",
        "PUT /v1/fs/file",
        "Write a file of any size from the body; it appears whole or not at all",
        files.write,
        body=BodyStream,
        query=files.Target,
        answer=fs.FsWritten,
        errors=_ERRORS,
    ),
    endpoint(
        "fs_delete",
        "DELETE /v1/fs/entry",
        "Delete a file, a link, or a folder",
        files.delete,
        body=NONE,
        query=files.Deletion,
        answer=fs.FsPath,
        errors=_ERRORS,
    ),
    endpoint(
        "fs_mkdir",
        "POST /v1/fs/mkdir",
        "Make a folder and those above it",
        files.mkdir,
        body=NONE,
        query=files.Target,
        answer=fs.FsPath,
        errors=_ERRORS,
    ),
    endpoint(
        "fs_move",
        "POST /v1/fs/move",
        "Move a file, a link or a folder, to another file system too",
        files.move,
        body=fs.FsMoveRequest,
        query=files.Place,
        answer=fs.FsMoved,
        errors=_ERRORS,
    ),
    endpoint(
        "fs_stat",
        "GET /v1/fs/stat",
        "What a path is",
        files.stat,
        body=NONE,
        query=files.Target,
        answer=fs.FsStat,
        errors=_ERRORS,
    ),
    endpoint(
        "fs_upload_batch",
        "POST /v1/fs/upload-batch",
        "Unpack a tar file, plain or gzip, into a folder; a bad one changes nothing",
        files.upload_batch,
        body=BodyStream,
        query=files.Folder,
        answer=fs.FsUnpacked,
        errors=_ERRORS,
    ),
)
