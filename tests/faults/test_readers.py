"""Readers that stall, come back, or are cut off: each gets every byte, and none disturbs another."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncGenerator

import pytest

from sandbox_agent.adapter.frames import SseDecoder
from sandbox_agent.schema.events import Event, TurnEnded, decode_event

from .house import PATIENCE, Build, House, Talk, resident

pytestmark = pytest.mark.anyio

EVENTS = 50_000
STALLED = 20
GROWTH = 250
"""Mebibytes: the log of the flood is about 20, its native lines 10. A copy for each reader would be 400 more."""


class Line:
    """A bare connection that reads an event stream only when told to."""

    def __init__(self, house: House, path: str, *headers: str) -> None:
        host, port = house.url.removeprefix("http://").split(":")
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.sock.connect((host, int(port)))
        self.sock.setblocking(False)
        request = "\r\n".join([f"GET {path} HTTP/1.1", "host: localhost", *headers, "", ""])
        self.sock.sendall(request.encode())
        self._head = b""
        self._wire = bytearray()

    async def read(self, size: int) -> int:
        """Read so many bytes of the connection, or less."""
        chunk = await asyncio.get_running_loop().sock_recv(self.sock, size)
        self._wire += chunk
        return len(chunk)

    @property
    def body(self) -> bytes:
        """What came so far of the stream, unchunked; the last chunk may be incomplete."""
        _head, _, rest = bytes(self._wire).partition(b"\r\n\r\n")
        body, position = bytearray(), 0
        while (end := rest.find(b"\r\n", position)) >= 0:
            size = int(rest[position:end], 16)
            body += rest[end + 2 : end + 2 + size]
            position = end + 4 + size
        return bytes(body)

    async def until(self, ending: bytes) -> bytes:
        """Read until the stream has these bytes at its end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**22)
        async with asyncio.timeout(PATIENCE):
            while ending not in self._wire[-len(ending) - 100 :]:
                assert await self.read(2**20), "the stream ended"
        return self.body


@contextlib.asynccontextmanager
async def history(house: House, count: int) -> AsyncGenerator[Talk]:
    """A conversation with so many deltas behind it."""
    async with house.talk() as talk:
        await talk.turn(f"block = Block(); block.flood({count}); say('\u2028 漢字 🧑\u200d🚀')")
        yield talk


async def test_stalled_readers_cost_neither_the_healthy_one_nor_the_daemon_anything(build: Build) -> None:
    house = build()
    async with house.talk() as talk:
        await talk.turn("say('warm')")
        before = resident(house.pid)
        path = f"{talk.path}/events/sse"
        stalled = [Line(house, path) for _ in range(STALLED)]
        for each in stalled:
            await each.read(100)
        ended = await talk.turn(f"block = Block(); block.flood({EVENTS}); block.end()")
        assert ended.reason == "completed"
        assert [event.sequence for event in talk.events] == list(range(1, len(talk.events) + 1))
        assert talk.deltas == "warm" + "".join(f"{number} " for number in range(EVENTS))
        assert resident(house.pid) - before < GROWTH
        whole = bytes(talk.stream)
        for each in stalled:
            assert await each.until(whole[-200:]) == whole
            each.sock.close()
        assert resident(house.pid) - before < GROWTH


async def test_a_reader_from_every_offset_gets_the_same_bytes(shared: House) -> None:
    async with history(shared, 300) as talk:
        whole = bytes(talk.stream)
        frames = [frame + b"\n\n" for frame in whole.split(b"\n\n")[:-1]]
        assert len(frames) == len(talk.events) > 300
        rest = whole
        for offset, frame in enumerate(frames):
            by_query = Line(shared, f"{talk.path}/events/sse?offset={offset}")
            by_header = Line(shared, f"{talk.path}/events/sse", f"last-event-id: {offset}")
            for line in (by_query, by_header):
                assert await line.until(whole[-200:]) == rest
                line.sock.close()
            rest = rest[len(frame) :]


async def test_a_stream_cut_anywhere_and_resumed_repeats_and_loses_nothing(shared: House) -> None:
    chance = random.Random(7)  # noqa: S311 - a test that always does the same
    async with history(shared, 2_000) as talk:
        last_id = "0"
        events: list[Event] = []
        cuts = 0
        while not events or events[-1].type != "turn.ended":
            line, decoder = Line(shared, f"{talk.path}/events/sse", f"last-event-id: {last_id}"), SseDecoder()
            for _ in range(chance.randrange(1, 12)):
                if b'"turn.ended"' not in line.body:
                    await line.read(chance.randrange(1, 5_000))
            line.sock.close()
            cuts += 1
            for frame in decoder.feed(line.body):
                events.append(decode_event(frame.data))
                last_id = frame.id or ""
        assert cuts > 10
        assert events == talk.events


async def test_readers_that_vanish_in_a_flood_leave_nothing_behind(build: Build) -> None:
    house = build()
    async with house.talk() as talk:
        await talk.turn("say('warm')")
        lines = [Line(house, f"{talk.path}/events/sse") for _ in range(50)]
        for each in lines:
            await each.read(100)
        await talk.send("block = Block(); block.flood(20000); block.end()")
        for each in lines:
            each.sock.close()
        assert (await talk.nth(TurnEnded, 2)).reason == "completed"
        assert talk.deltas == "warm" + "".join(f"{number} " for number in range(20_000))
        response = await talk.http.get("/v1/health")
        assert response.json() == {"status": "ok"}
        await house.sockets(3)  # to listen, to follow, to ask
