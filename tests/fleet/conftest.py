from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.stores.server import Postgres, postgres

from sandbox_agent import Event, ItemCompleted, PostgresStore
from sandbox_agent.adapter.frames import SseDecoder
from sandbox_agent.agents import AGENTS
from sandbox_agent.runtime.install import Installer, Order
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema.content import streamed_text
from sandbox_agent.schema.events import decode_event
from sandbox_agent.testing import ScriptedModel

from .parts import EXAMPLES, Boxes, Database, Part, Program, Queue, Web

PATIENCE = 60.0


@dataclass
class Browser:
    """An `EventSource` in few lines: reconnects for ever, and says what it had last."""

    url: str
    last: str = "0-0"
    ids: list[str] = field(default_factory=list[str])
    events: list[Event] = field(default_factory=list[Event])
    connections: int = 0
    cut_every: int = 10_000
    """Events after which the connection breaks."""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=httpx.Timeout(PATIENCE), trust_env=False) as client:
            while True:
                try:
                    await self._connection(client)
                except httpx.HTTPError:
                    await asyncio.sleep(0.1)

    async def _connection(self, client: httpx.AsyncClient) -> None:
        decoder, came = SseDecoder(), 0
        async with client.stream("GET", self.url, headers={"last-event-id": self.last}) as response:
            response.raise_for_status()
            self.connections += 1
            async for chunk in response.aiter_raw():
                frames = decoder.feed(chunk)
                async with self._news:
                    for frame in frames[: self.cut_every - came]:
                        self.last = frame.id or ""
                        self.ids.append(self.last)
                        self.events.append(decode_event(frame.data))
                    self._news.notify_all()
                came += len(frames)
                if came >= self.cut_every:
                    return

    async def until(self, wanted: Callable[[Browser], bool]) -> None:
        try:
            async with asyncio.timeout(PATIENCE), self._news:
                await self._news.wait_for(lambda: wanted(self))
        except TimeoutError:
            raise AssertionError(f"only {[event.type for event in self.events]}") from None

    def said(self, text: str) -> bool:
        """Whether the agent has said it."""
        items = [event.data.item for event in self.events if isinstance(event.data, ItemCompleted)]
        return any(item.role == "assistant" and streamed_text(item) == text for item in items)

    def count(self, kind: str) -> int:
        return sum(event.type == kind for event in self.events)


class Fleet:
    """All parts, and what one does with them."""

    def __init__(self, folder: Path, cluster: Postgres, agents: Mapping[str, str]) -> None:
        self.queue = Queue(folder)
        self.database = cluster.database()
        environ = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "FLEET_DATABASE": self.database,
            "FLEET_REDIS": self.queue.url,
            "FLEET_FOLDER": str(folder),
            "FLEET_SIZE": "2",
            "FLEET_AGENT_VARIABLES": " ".join(agents),
            **agents,
        }
        self.environ = environ
        self.web = Web(environ, folder / "web.log")
        self.worker = Program([sys.executable, "-m", "control_plane.worker"], environ, folder / "worker.log")
        self.parts: dict[str, Part] = {
            "control plane": self.web,
            "worker": self.worker,
            "redis": self.queue,
            "postgres": Database(cluster),
            "daemons": Boxes(folder),
        }

    async def ask(self, method: str, path: str, **body: Any) -> None:
        """Until it is done: what cannot be reached comes back."""
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            while True:
                try:
                    response = await client.request(method, f"{self.web.url}/sessions/{path}", json=body)
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                    continue
                if response.is_success:
                    return
                assert response.status_code == 503, response.text
                await asyncio.sleep(0.1)

    def stored(self, session_id: str) -> list[str]:
        """The positions that PostgreSQL has, in order."""
        with PostgresStore(self.database) as store:
            return [
                f"{number}-{event.sequence}"
                for number, log in enumerate(store.logs(session_id), 1)
                for event in store.events(session_id, log)
            ]

    def published(self, session_id: str) -> list[str]:
        """Those that Redis has."""
        with self.queue.client() as client:
            found: Any = client.xrange(f"events:{session_id}")
            assert all(json.loads(fields[b"event"])["session_id"] == session_id for _, fields in found)
            return [at.decode() for at, _ in found]


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    """What the real agent talks to."""
    with ScriptedModel() as model:
        yield model


@pytest.fixture(scope="module")
def agents(model: ScriptedModel) -> Mapping[str, str]:
    """What sandboxes get: the real Claude Code, installed into the cache of the checkout, and where its model is."""
    settings = Settings(data_dir=EXAMPLES.parent / ".cache" / "agents")
    installed = Installer(settings).install(AGENTS["claude"], Order())
    return {**model.env, "SANDBOX_AGENT_CLAUDE_BIN": str(installed.path)}


@pytest.fixture(scope="module")
def fleet(agents: Mapping[str, str]) -> Iterator[Fleet]:
    """One fleet for all tests. A socket's path must be short, so its folder is right below /tmp."""
    folder = Path(tempfile.mkdtemp(prefix="fleet-", dir="/tmp"))
    with postgres() as cluster:
        fleet = Fleet(folder, cluster, agents)
        try:
            for part in (fleet.queue, fleet.worker, fleet.web):
                part.start()
            yield fleet
        finally:
            for name in ("control plane", "worker", "redis", "daemons"):
                fleet.parts[name].kill()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def browse(fleet: Fleet) -> AsyncIterator[Callable[..., Browser]]:
    """Opens browsers at a session's events."""
    tasks: list[asyncio.Task[None]] = []

    def start(session_id: str, **options: Any) -> Browser:
        browser = Browser(f"{fleet.web.url}/sessions/{session_id}/events", **options)
        tasks.append(asyncio.create_task(browser.run()))
        return browser

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
