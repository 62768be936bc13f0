"""An installation that is followed ends with `done` or with an error, and never just so."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sandbox_agent import AsyncSandboxAgent, ConnectionFailed, InstallFailed, SandboxAgent

from .threaded import threaded

pytestmark = pytest.mark.anyio

DOWNLOADING = b'data: {"state":"downloading","what":"a file","bytes":1}\n\n'
DONE = b'data: {"state":"done"}\n\n'
FAILED = (
    b'data: {"state":"failed","problem":{"type":"urn:sandbox-agent:error:install_failed",'
    b'"title":"No","status":500,"detail":"no disk"}}\n\n'
)


@contextmanager
def saying(words: bytes, *, length: int | None = None) -> Iterator[str]:
    """A server that answers with this much of a stream; it breaks off when it had promised a greater `length`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", str(len(words) if length is None else length))
            self.end_headers()
            self.wfile.write(words)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        yield f"http://127.0.0.1:{server.server_port}"
        answering.join(60)


async def followed(kind: str, url: str, states: list[str]) -> None:
    async with asyncio.timeout(60):
        if kind == "blocking":
            with SandboxAgent.connect(url) as blocking:
                states += [step.state async for step in threaded(blocking).follow_install("codex")]
        else:
            async with AsyncSandboxAgent.connect(url) as client:
                async for step in client.follow_install("codex"):
                    states.append(step.state)


async def test_one_that_is_done_is_the_end(kind: str) -> None:
    states: list[str] = []
    with saying(DOWNLOADING + DONE) as url:
        await followed(kind, url, states)
    assert states == ["downloading", "done"]


@pytest.mark.parametrize("length", [None, 10_000], ids=["ended", "cut"])
async def test_one_that_is_not_followed_to_its_end_is_an_error(kind: str, length: int | None) -> None:
    with saying(DOWNLOADING + b'data: {"st', length=length) as url, pytest.raises(ConnectionFailed):
        await followed(kind, url, [])


async def test_one_that_fails_has_the_class_of_its_error(kind: str) -> None:
    with saying(DOWNLOADING + FAILED) as url, pytest.raises(InstallFailed, match="no disk"):
        await followed(kind, url, [])
