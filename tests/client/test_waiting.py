"""`wait_until_ready`: what a program calls first when it has started a sandbox."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sandbox_agent import ApiError, AsyncSandboxAgent, ConnectionFailed, NotReady, SandboxAgent
from sandbox_agent.client.spawn import launch

from .threaded import threaded

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def connected(kind: str, url: str) -> AsyncIterator[AsyncSandboxAgent]:
    """A client of either kind, under the names of the asynchronous one."""
    with SandboxAgent.connect(url) as blocking:
        async with AsyncSandboxAgent.connect(url) as asynchronous:
            yield threaded(blocking) if kind == "blocking" else asynchronous


async def test_a_server_that_is_up_is_ready_at_once(client: AsyncSandboxAgent) -> None:
    async with asyncio.timeout(60):
        assert (await client.wait_until_ready("mock")).ready


async def test_what_is_missing_at_the_end_is_raised(client: AsyncSandboxAgent) -> None:
    async with asyncio.timeout(60):
        with pytest.raises(NotReady):
            await client.wait_until_ready("amp", timeout=0)


async def test_a_server_that_never_comes_is_a_failed_connection(kind: str) -> None:
    with socket.socket() as taken:  # bound and not listening: every connection is refused
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with asyncio.timeout(60), connected(kind, url) as client:
            with pytest.raises(ConnectionFailed):
                await client.wait_until_ready(timeout=0.1)


async def test_a_server_that_comes_later_is_waited_for(kind: str, tmp_path: Path) -> None:
    url = f"unix:{tmp_path / 's'}"
    async with asyncio.timeout(60), connected(kind, url) as client:
        ready = asyncio.ensure_future(client.wait_until_ready(timeout=50))
        daemon = await asyncio.to_thread(launch, path=tmp_path / "s", data_dir=tmp_path / "data")
        try:
            assert (await ready).ready
        finally:
            daemon.close()


class Proxy(BaseHTTPRequestHandler):
    """A provider's proxy: knows no sandbox at first, then passes on."""

    def do_GET(self) -> None:
        status, body = self.server.answers.pop(0)  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def answering(*answers: tuple[int, bytes]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        server.answers = list(answers)  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


async def test_what_a_proxy_says_before_the_server_is_there_is_waited_out(kind: str) -> None:
    early = [(404, b"no such sandbox"), (400, b"is the sandbox started?"), (502, b""), (500, b"<html>")]
    with answering(*early, (200, b'{"ready":true}')) as url:
        async with asyncio.timeout(60), connected(kind, url) as client:
            assert (await client.wait_until_ready()).ready


@pytest.mark.parametrize("status", [401, 403])
async def test_who_wants_another_login_is_not_waited_for(kind: str, status: int) -> None:
    with answering((status, b"who are you?")) as url:
        async with asyncio.timeout(60), connected(kind, url) as client:
            with pytest.raises(ApiError) as refused:
                await client.wait_until_ready()
    assert refused.value.status == status
