"""A real server on a free loopback port, in the test's own event loop, with the mock agent."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest

from sandbox_agent.adapter import Agent
from sandbox_agent.adapter.frames import SseDecoder
from sandbox_agent.agents import AGENTS
from sandbox_agent.runtime.catalog import Catalog
from sandbox_agent.runtime.files import Files
from sandbox_agent.runtime.readiness import Readiness
from sandbox_agent.runtime.sessions import Sessions
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.server.app import HttpApp
from sandbox_agent.server.config import ServerSettings
from sandbox_agent.server.daemon import Daemon
from sandbox_agent.server.http import HttpServer
from sandbox_agent.server.listen import listen
from sandbox_agent.server.metrics import Metrics


@dataclass
class Running:
    """A server that runs, and ways to talk to it."""

    url: str
    port: int
    client: httpx.AsyncClient
    sessions: Sessions
    server: HttpServer
    log: list[bytes] = field(default_factory=list)

    async def create(self, session_id: str = "s", **body: Any) -> None:
        response = await self.client.post(f"/v1/sessions/{session_id}", json={"agent": "mock", **body})
        assert response.status_code == 200, response.text

    async def say(self, message: str, session_id: str = "s", **body: Any) -> httpx.Response:
        return await self.client.post(f"/v1/sessions/{session_id}/messages", json={"message": message, **body})

    async def turn(self, message: str, session_id: str = "s", **query: str) -> list[dict[str, Any]]:
        """Send a message and read its stream to the end."""
        response = await self.client.post(
            f"/v1/sessions/{session_id}/messages/stream", json={"message": message}, params=query
        )
        assert response.status_code == 200, response.text
        return [json.loads(frame.data) for frame in SseDecoder().feed(response.content)]

    async def events(self, session_id: str = "s", **query: Any) -> list[dict[str, Any]]:
        response = await self.client.get(f"/v1/sessions/{session_id}/events", params=query)
        events: list[dict[str, Any]] = response.json()["events"]
        return events

    @staticmethod
    def patience() -> asyncio.Timeout:
        """How long a test waits for what must happen."""
        return asyncio.timeout(60)

    async def until(self, kind: str, session_id: str = "s") -> dict[str, Any]:
        """Wait for the first event of a type."""
        log = self.sessions.get(session_id).log
        offset = 0
        async with self.patience():
            while (found := log.find(0, frozenset({kind}))) is None:
                await log.wait(offset)
                offset = log.last
        return (await self.events(session_id, offset=found - 1, limit=1))[0]

    @contextlib.asynccontextmanager
    async def raw(self, request: bytes) -> AsyncIterator[asyncio.StreamReader]:
        """Send bytes as they are and read what comes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            yield reader
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def stream(self, path: str, *headers: str) -> AsyncGenerator[tuple[str, str], None]:
        """The frames of an event stream, comments too, as `(id, data)`; for a comment the id is `:`."""
        head = f"GET {path} HTTP/1.1\r\nhost: localhost\r\n" + "".join(f"{each}\r\n" for each in headers)
        async with self.raw(head.encode() + b"\r\n") as reader:
            assert b" 200 " in await reader.readline()
            await reader.readuntil(b"\r\n\r\n")
            pending = b""
            while size := int(await reader.readline(), 16):
                pending += await reader.readexactly(size)
                await reader.readline()
                *frames, pending = pending.split(b"\n\n")
                for frame in frames:
                    lines = dict(line.split(": ", 1) for line in frame.decode().split("\n"))
                    yield (":", lines[""]) if "" in lines else (lines["id"], lines["data"])


Serve: TypeAlias = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Start a server with settings of your own."""

    @contextlib.asynccontextmanager
    async def start(
        *,
        pace: float = 0.0,
        token_to_use: str | None = None,
        fs_root: Path | None = None,
        agents: Mapping[str, Agent] = AGENTS,
        environ: Mapping[str, str] | None = None,
        require: tuple[str, ...] = (),
        **options: Any,
    ) -> AsyncIterator[Running]:
        settings = Settings(
            data_dir=tmp_path / "data",
            directory=str(tmp_path),
            mock_pace=pace,
            environ={"HOME": str(tmp_path), **(environ or {})},
            fs_root=fs_root,
            require=require,
        )
        server_settings = ServerSettings(log_requests=False, **options)
        catalog = Catalog(settings, agents)
        sessions = Sessions(settings, catalog)
        metrics, files = Metrics(), Files(settings)
        daemon = Daemon(
            sessions=sessions,
            catalog=catalog,
            files=files,
            readiness=Readiness(settings, catalog),
            metrics=metrics,
            keep_alive=server_settings.keep_alive,
        )
        server = HttpServer(HttpApp(daemon, server_settings), metrics.late, server_settings.patience)
        sock = listen("127.0.0.1", 0)
        port = sock.getsockname()[1]
        await server.start(sock)
        headers = {"authorization": f"Bearer {token_to_use}"} if token_to_use else {}
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=20) as client:
            try:
                yield Running(url, port, client, sessions, server)
            finally:
                server.refuse()
                async with asyncio.timeout(10):
                    await sessions.close()
        await server.drain(5)

    return start


@pytest.fixture
async def running(serve: Serve) -> AsyncIterator[Running]:
    """A server as it is by default."""
    async with serve() as running:
        yield running
