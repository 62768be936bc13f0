"""A client of the OpenCode-compatible mount, as small as a test needs it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class Hearing:
    """What an event stream has said so far."""

    frames: list[tuple[str | None, dict[str, Any]]] = field(default_factory=list)
    """Ids and events."""
    comments: list[str] = field(default_factory=list)
    over: bool = False
    """The server has ended it."""
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event.get("payload", event) for _, event in self.frames]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The properties of all events of a type."""
        return [event["properties"] for event in self.events if event["type"] == kind]

    async def until(self, wanted: Callable[[Hearing], bool]) -> None:
        async with asyncio.timeout(60), self.news:
            await self.news.wait_for(lambda: wanted(self))

    async def first(self, kind: str) -> dict[str, Any]:
        """The properties of the first event of a type."""
        await self.until(lambda self: kind in self.types)
        return self.of(kind)[0]


@contextlib.asynccontextmanager
async def hearing(client: httpx.AsyncClient, path: str = "/event", **headers: str) -> AsyncIterator[Hearing]:
    """Follow an event stream; it is subscribed when this begins."""
    heard = Hearing()

    async def read(response: httpx.Response) -> None:
        pending = b""
        async for chunk in response.aiter_raw():
            *frames, pending = (pending + chunk).split(b"\n\n")
            async with heard.news:
                for frame in frames:
                    lines = dict(line.split(": ", 1) for line in frame.decode().split("\n"))
                    if "" in lines:
                        heard.comments.append(lines[""])
                    else:
                        heard.frames.append((lines.get("id"), json.loads(lines["data"])))
                heard.news.notify_all()
        async with heard.news:
            heard.over = True
            heard.news.notify_all()

    async with client.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200
        reading = asyncio.create_task(read(response))
        await heard.until(lambda heard: "worktree.ready" in heard.types)
        try:
            yield heard
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def create(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    response = await client.post("/session", json=body)
    assert response.status_code == 200, response.text
    session: dict[str, Any] = response.json()
    return session


async def prompt(client: httpx.AsyncClient, session: str, text: str, **body: Any) -> httpx.Response:
    """Send words and wait for the answer."""
    parts = [{"type": "text", "text": text}]
    return await client.post(f"/session/{session}/message", json={"parts": parts, **body})


def words(message: dict[str, Any]) -> str:
    """The text of a message."""
    return "".join(part["text"] for part in message["parts"] if part["type"] == "text")
