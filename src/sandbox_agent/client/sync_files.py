"""Files of the blocking client."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from sandbox_agent.client import calls_files as calls
from sandbox_agent.client.calls_files import Readable
from sandbox_agent.client.sync_http import Http
from sandbox_agent.schema.files import FsEntry, FsMoved, FsPath, FsStat, FsUnpacked, FsWritten

__all__ = ["Content", "Files"]

Content: TypeAlias = bytes | str | os.PathLike[str] | Readable | Iterable[bytes]
"""Bytes; a text; the path of a file of this machine; an open file; pieces. All but the first two are streamed."""

_PIECE = 256 * 1024


class Files:
    """Files on the server's machine. Paths are absolute, or relative to the session's directory or the home folder."""

    def __init__(self, http: Http, session_id: str | None = None) -> None:
        self._http = http
        self._session_id = session_id

    def entries(self, path: str = ".") -> tuple[FsEntry, ...]:
        """What is in a folder."""
        return self._http.request(calls.entries(self._session_id, path))

    def stat(self, path: str) -> FsStat:
        """What a path is. Raises `InvalidRequest` when nothing is there."""
        return self._http.request(calls.stat(self._session_id, path))

    def read(self, path: str) -> bytes:
        """A file, whole, in memory."""
        return self._http.request(calls.read(self._session_id, path))

    @contextmanager
    def stream(self, path: str) -> Generator[Iterable[bytes]]:
        """A file in pieces, as they come. Raises `ConnectionFailed` while it is read when the connection breaks."""
        with self._http.opened(calls.read(self._session_id, path)) as got:
            yield got.iter_bytes(_PIECE)

    def download(self, path: str, target: str | os.PathLike[str]) -> None:
        """Write a file to one of this machine, which appears whole or not at all."""
        final = Path(target)
        draft = final.with_name(f".{final.name}.part")
        try:
            with self.stream(path) as pieces, draft.open("wb") as file:
                for piece in pieces:
                    file.write(piece)
            draft.replace(final)
        finally:
            draft.unlink(missing_ok=True)

    def write(self, path: str, content: Content) -> FsWritten:
        """Write a file, and the folders above it; it appears whole or not at all."""
        return self._http.request(calls.write(self._session_id, path, body_of(content)))

    def unpack(self, archive: Content, path: str = ".") -> FsUnpacked:
        """Unpack a tar file, plain or gzip, into a folder; a bad one changes nothing."""
        return self._http.request(calls.unpack(self._session_id, path, body_of(archive)))

    def mkdir(self, path: str) -> FsPath:
        """Make a folder and those above it."""
        return self._http.request(calls.mkdir(self._session_id, path))

    def move(self, source: str, target: str, *, overwrite: bool = False) -> FsMoved:
        """Move a file, a link or a folder."""
        return self._http.request(calls.move(self._session_id, source, target, overwrite=overwrite))

    def delete(self, path: str, *, recursive: bool = False) -> FsPath:
        """Delete a file, a link or an empty folder; any folder with `recursive`."""
        return self._http.request(calls.delete(self._session_id, path, recursive=recursive))


def body_of(content: Content) -> bytes | Iterable[bytes]:
    """What to send."""
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, os.PathLike):
        return _of_path(content)
    return _of_file(content) if isinstance(content, Readable) else content


def _of_path(path: os.PathLike[str]) -> Generator[bytes]:
    with Path(path).open("rb") as file:
        yield from _of_file(file)


def _of_file(file: Readable) -> Generator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
