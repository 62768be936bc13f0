"""Files of the asynchronous client."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

from sandbox_agent.client import calls_files as calls
from sandbox_agent.client.aio_http import AsyncHttp
from sandbox_agent.client.sync_files import Content, body_of
from sandbox_agent.schema.files import FsEntry, FsMoved, FsPath, FsStat, FsUnpacked, FsWritten

__all__ = ["AsyncContent", "AsyncFiles"]

AsyncContent: TypeAlias = Content | AsyncIterable[bytes]
"""As with the blocking client, and pieces that are awaited. Files are read in threads."""

_PIECE = 256 * 1024


class AsyncFiles:
    """Files on the server's machine. Paths are absolute, or relative to the session's directory or the home folder."""

    def __init__(self, http: AsyncHttp, session_id: str | None = None) -> None:
        self._http = http
        self._session_id = session_id

    async def entries(self, path: str = ".") -> tuple[FsEntry, ...]:
        """What is in a folder."""
        return await self._http.request(calls.entries(self._session_id, path))

    async def stat(self, path: str) -> FsStat:
        """What a path is. Raises `InvalidRequest` when nothing is there."""
        return await self._http.request(calls.stat(self._session_id, path))

    async def read(self, path: str) -> bytes:
        """A file, whole, in memory."""
        return await self._http.request(calls.read(self._session_id, path))

    @asynccontextmanager
    async def stream(self, path: str) -> AsyncGenerator[AsyncIterable[bytes]]:
        """A file in pieces, as they come. Raises `ConnectionFailed` while it is read when the connection breaks."""
        async with self._http.opened(calls.read(self._session_id, path)) as got:
            yield got.aiter_bytes(_PIECE)

    async def download(self, path: str, target: str | os.PathLike[str]) -> None:
        """Write a file to one of this machine, which appears whole or not at all."""
        final = Path(target)
        draft = final.with_name(f".{final.name}.part")
        try:
            with draft.open("wb") as file:
                async with self.stream(path) as pieces:
                    async for piece in pieces:
                        await asyncio.to_thread(file.write, piece)
            draft.replace(final)
        finally:
            draft.unlink(missing_ok=True)

    async def write(self, path: str, content: AsyncContent) -> FsWritten:
        """Write a file, and the folders above it; it appears whole or not at all."""
        return await self._http.request(calls.write(self._session_id, path, _body_of(content)))

    async def unpack(self, archive: AsyncContent, path: str = ".") -> FsUnpacked:
        """Unpack a tar file, plain or gzip, into a folder; a bad one changes nothing."""
        return await self._http.request(calls.unpack(self._session_id, path, _body_of(archive)))

    async def mkdir(self, path: str) -> FsPath:
        """Make a folder and those above it."""
        return await self._http.request(calls.mkdir(self._session_id, path))

    async def move(self, source: str, target: str, *, overwrite: bool = False) -> FsMoved:
        """Move a file, a link or a folder."""
        return await self._http.request(calls.move(self._session_id, source, target, overwrite=overwrite))

    async def delete(self, path: str, *, recursive: bool = False) -> FsPath:
        """Delete a file, a link or an empty folder; any folder with `recursive`."""
        return await self._http.request(calls.delete(self._session_id, path, recursive=recursive))


def _body_of(content: AsyncContent) -> bytes | AsyncIterable[bytes]:
    """What to send."""
    if isinstance(content, AsyncIterable):
        return content
    body = body_of(content)
    return body if isinstance(body, bytes) else _in_threads(iter(body))


async def _in_threads(pieces: Iterator[bytes]) -> AsyncGenerator[bytes]:
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
