"""Sandboxes are paused and go on later: in mid-turn, with another time on the clock, with connections that are dead."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import psutil
import pytest

from sandbox_agent import AsyncSandboxAgent, Event, SQLiteStore
from sandbox_agent.client import wire
from sandbox_agent.schema.events import PermissionRequested, TurnEnded
from sandbox_agent.stores import read
from sandbox_agent.testing import ScriptedModel, call, say, stall

from .frozen import FreezingProxy
from .house import PATIENCE, Build, House, eventually

pytestmark = pytest.mark.anyio

(FAKETIME,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")


@contextlib.asynccontextmanager
async def paused(house: House) -> AsyncGenerator[None]:
    """The daemon, its agents and all that they started stand still."""
    everything = [psutil.Process(house.pid), *house.processes()]
    for each in everything:
        each.suspend()
    await eventually(lambda: all(each.status() == psutil.STATUS_STOPPED for each in everything), "all stop")
    try:
        yield
    finally:
        for each in everything:
            each.resume()


async def healthy(url: str) -> bool:
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http:
        return bool((await http.get(f"{url}/v1/health")).json() == {"status": "ok"})


async def test_a_turn_of_claude_code_goes_on_after_a_pause(
    build: Build, real: Mapping[str, str], model: ScriptedModel
) -> None:
    house = build(real)
    model.play([[say("before ", apart=True), stall("pause"), say("after")], say("again")])
    async with house.talk() as talk:
        await talk.send("go")
        await talk.hears("before")
        async with paused(house):
            model.release("pause")  # the provider does not know that nobody listens
            asked = asyncio.create_task(healthy(house.url))
            queued = asyncio.create_task(talk.post("/messages", {"message": "again"}))
        assert await asked
        await queued
        assert (await talk.nth(TurnEnded)).reason == "completed", talk.story()
        assert talk.says[0] == "before after"  # the next turn may be under way
        assert not talk.closed.is_set(), "the reader is on the connection that it had"
        await talk.nth(TurnEnded, 2)
        assert [event.sequence for event in talk.events] == list(range(1, len(talk.events) + 1))


async def test_what_claude_code_asked_before_a_pause_is_answered_after_it(
    build: Build, real: Mapping[str, str], model: ScriptedModel
) -> None:
    house = build(real)
    model.play([[call("Bash", {"command": "touch done", "description": "touch"})], say("done")])
    async with house.talk() as talk:
        await talk.send("go")
        asked = await talk.nth(PermissionRequested)
        async with paused(house):
            answer = asyncio.create_task(talk.post(f"/permissions/{asked.permission_id}/reply", {"reply": "once"}))
        await answer
        assert (await talk.nth(TurnEnded)).reason == "completed", talk.story()
        assert (talk.directory / "done").exists()


class Clocks:
    """The time that a daemon and its agents are told."""

    def __init__(self, folder: Path, *, monotonic: bool) -> None:
        self._file = folder / "clock"
        self.set("+0")
        self.env = {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            **({} if monotonic else {"DONT_FAKE_MONOTONIC": "1"}),
        }

    def set(self, shift: str) -> None:
        """Relative to the true time, from one moment to the next."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{shift}\n")
        new.replace(self._file)


@pytest.mark.parametrize(
    ("shift", "monotonic"),
    [("+30d", False), ("-30d", False), ("+30d", True)],
    ids=["set forward", "set back", "a pause that the monotonic clock counts"],
)
async def test_a_clock_that_jumps_moves_the_time_of_events_and_nothing_else(
    build: Build, standin: Path, tmp_path: Path, shift: str, monotonic: bool
) -> None:
    clocks = Clocks(tmp_path, monotonic=monotonic)
    house = build({"SANDBOX_AGENT_CLAUDE_BIN": str(standin), **clocks.env})
    async with house.talk() as talk, beats(house, talk.session_id) as beat:
        await talk.send("ask()\nsay('allowed')")
        asked = await talk.nth(PermissionRequested)
        await beat()
        before = moment(talk.events[-1])
        clocks.set(shift)
        assert await healthy(house.url)
        for _ in range(3):
            await beat()
        lag = float((await talk.http.get("/v1/metrics")).text.rpartition("event_loop_lag_seconds ")[2].split()[0])
        assert (lag > timedelta(days=29).total_seconds()) == monotonic, "the clock of its timers is moved, or not"
        assert (await talk.http.get(talk.path)).json()["state"] == "waiting", "nobody gives up on a person"
        await talk.post(f"/permissions/{asked.permission_id}/reply", {"reply": "once"})
        assert (await talk.nth(TurnEnded)).reason == "completed"
        assert talk.says == ["allowed"]
        moved = moment(talk.events[-1]) - before
        assert abs(moved) > timedelta(days=29)
        assert (moved > timedelta()) == (shift[0] == "+")
        await talk.send("Block().say('deaf'); deaf()")
        await talk.hears("deaf")
        await talk.post("/interrupt")
        assert (await talk.nth(TurnEnded, 2)).reason == "interrupted", "the deadline of an interrupt passes"
        assert (await talk.turn("say('alive')")).reason == "completed"
        assert [event.sequence for event in talk.events] == list(range(1, len(talk.events) + 1))


def moment(event: Event) -> datetime:
    return datetime.fromisoformat(event.time)


@contextlib.asynccontextmanager
async def beats(house: House, session_id: str) -> AsyncGenerator[Beat]:
    """A stream with heartbeats; each call waits for the next."""
    path = f"{house.url}/v1/sessions/{session_id}/events/sse?offset=1000&heartbeatMs=100"
    async with (
        httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http,
        http.stream("GET", path) as response,
    ):
        yield Beat(response)


class Beat:
    """Waits for the next heartbeat."""

    def __init__(self, response: httpx.Response) -> None:
        self._chunks = response.aiter_raw()

    async def __call__(self) -> None:
        async with asyncio.timeout(PATIENCE):
            assert b"heartbeat" in await anext(self._chunks)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that takes one second of silence for a dead connection, not 45."""
    monkeypatch.setattr(wire, "STREAM_TIMEOUT", httpx.Timeout(connect=10, read=1, write=10, pool=None))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    with SQLiteStore(tmp_path / "events.db") as store:
        yield store


@pytest.mark.usefixtures("impatient")
async def test_a_client_leaves_a_dead_connection_and_goes_on_where_it_was(shared: House, store: SQLiteStore) -> None:
    port = int(shared.url.rpartition(":")[2])
    async with (
        FreezingProxy(port) as proxy,
        AsyncSandboxAgent.connect(proxy.url, store=store) as client,
        AsyncSandboxAgent.connect(shared.url) as other,
    ):
        session = await client.create_session("dead-connection", agent="mock")
        seen: list[int] = []
        async with asyncio.timeout(PATIENCE), session.stream() as events:
            async for event in events:
                seen.append(event.sequence)
                if len(seen) == 1:
                    before = proxy.connections
                    proxy.freeze()
                    await other.session(session.id).send("markdown").wait()  # which this client cannot hear
                    await other.session(session.id).terminate()
        assert proxy.connections > before
        whole = [event.sequence for event in (await other.session(session.id).events()).events]
        assert seen == whole
        assert [event.sequence for event in read(store, session.id)] == whole
        await other.session(session.id).delete()


@pytest.mark.usefixtures("impatient")
async def test_a_client_outlasts_a_server_that_stands_still(build: Build, store: SQLiteStore) -> None:
    house = build()
    port = int(house.url.rpartition(":")[2])
    async with FreezingProxy(port) as proxy, AsyncSandboxAgent.connect(proxy.url, store=store) as client:
        session = await client.create_session("standing-still", agent="mock")
        seen: list[int] = []

        def hear(event: Event) -> None:
            seen.append(event.sequence)

        async def follow() -> None:
            async with session.stream() as events:
                async for event in events:
                    hear(event)

        following = asyncio.create_task(follow())
        await eventually(lambda: bool(seen), "the first event")
        async with paused(house):
            await proxy.connected(proxy.connections + 3)
        async with asyncio.timeout(PATIENCE):
            await session.send("markdown").wait()
            await session.terminate()
            await following
        assert seen == [event.sequence for event in (await session.events()).events]
        assert [event.sequence for event in read(store, session.id)] == seen
