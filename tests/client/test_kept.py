"""Events that a client reads are in its store, each once, whatever breaks: a connection, the client, the server."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox_agent import (
    AsyncSandboxAgent,
    LogReplaced,
    SandboxAgent,
    SessionNotFound,
    SQLiteStore,
    Store,
    TurnEnded,
)
from sandbox_agent.client.spawn import Daemon, launch
from sandbox_agent.schema import grammar
from sandbox_agent.schema.events import Event
from sandbox_agent.stores import read

from .proxy import CuttingProxy
from .threaded import threaded

pytestmark = pytest.mark.anyio

_READER = """
import sys
from sandbox_agent import SandboxAgent, SQLiteStore
url, token, session_id, path = sys.argv[1:]
with SQLiteStore(path) as store, SandboxAgent.connect(url, token=token, store=store) as client:
    for event in client.session(session_id).stream(offset="stored"):
        print(event.sequence, flush=True)
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    with SQLiteStore(tmp_path / "events.db") as store:
        yield store


@asynccontextmanager
async def keeping(kind: str, url: str, token: str, store: Store) -> AsyncIterator[AsyncSandboxAgent]:
    if kind == "blocking":
        with SandboxAgent.connect(url, token=token, store=store) as blocking:
            yield threaded(blocking)
    else:
        async with AsyncSandboxAgent.connect(url, token=token, store=store) as client:
            yield client


def port_of(daemon: Daemon) -> int:
    return urlsplit(daemon.base_url).port or 0


async def history(client: AsyncSandboxAgent, session_id: str) -> list[Event]:
    return list((await client.session(session_id).events()).events)


async def test_a_turn_is_kept_together_with_all_that_came_before_it(
    kind: str, daemon: Daemon, store: SQLiteStore
) -> None:
    name = f"kept {kind}"
    async with keeping(kind, daemon.base_url, daemon.token, store) as client, asyncio.timeout(60):
        async with AsyncSandboxAgent.connect(daemon.base_url, token=daemon.token) as other:
            await other.create_session(name, agent="mock")
            await other.session(name).send("markdown").wait()
        turn = [event async for event in client.session(name).send("hello")]
        assert turn[0].type == "turn.started"
        assert list(read(store, name)) == await history(client, name)
        assert turn == list(read(store, name))[-len(turn) :]


async def test_a_stream_goes_on_after_what_is_stored(kind: str, daemon: Daemon, store: SQLiteStore) -> None:
    name = f"resumed {kind}"
    async with keeping(kind, daemon.base_url, daemon.token, store) as client, asyncio.timeout(60):
        session = await client.create_session(name, agent="mock")
        await session.send("hello")
        async with session.stream(offset="stored") as stream:
            async for event in stream:
                if isinstance(event.data, TurnEnded):
                    break
        seen = event.sequence
        await session.send("again")
        await session.terminate()
        rest = [event.sequence async for event in session.stream(offset="stored")]
        whole = await history(client, name)
        assert rest == list(range(seen + 1, len(whole) + 1))
        assert [event async for event in session.stream(offset="stored")] == []
        assert [event async for event in session.stream()] == whole == list(read(store, name))


async def test_without_a_store_there_is_nothing_stored(session: object) -> None:
    with pytest.raises(ValueError, match="no store"):
        async for _ in session.stream(offset="stored"):  # type: ignore[attr-defined]
            pass


@pytest.mark.parametrize("seed", [4, 5])
async def test_the_store_has_each_event_once_however_often_the_connection_is_cut(
    kind: str, daemon: Daemon, port: int, store: SQLiteStore, seed: int
) -> None:
    name = f"cut and kept {kind} {seed}"
    with CuttingProxy(port, seed=seed, longest=20_000) as proxy:
        async with keeping(kind, proxy.url, daemon.token, store) as client, asyncio.timeout(60):
            session = await client.create_session(name, agent="mock")
            await session.send("flood 150").wait()
            await session.terminate()
            events = [event async for event in session.stream()]
        assert proxy.streams > 3
    grammar.check(events)
    assert list(read(store, name)) == events


async def test_a_server_that_starts_anew_in_mid_stream_has_a_new_log_and_the_store_has_both(
    kind: str, tmp_path: Path, store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox_agent.client.spawn.secrets.token_hex", lambda size: "t" * size)  # the same again
    first = launch(mock_pace=0.002, data_dir=tmp_path / "one")
    second = launch(mock_pace=0.002, data_dir=tmp_path / "two")
    try:
        with CuttingProxy(port_of(first), seed=11, longest=20_000) as proxy:
            async with keeping(kind, proxy.url, first.token, store) as client, asyncio.timeout(90):
                await (await client.create_session("s", agent="mock")).send("slow 100000")
                seen: list[int] = []

                async def follow() -> None:
                    async for event in client.session("s").stream():
                        seen.append(event.sequence)
                        if len(seen) == 60:
                            proxy.target = port_of(second)
                            async with AsyncSandboxAgent.connect(second.base_url, token=second.token) as other:
                                await (await other.create_session("s", agent="mock")).send("flood 100")
                            await asyncio.to_thread(kill, first)

                with pytest.raises(LogReplaced):
                    await follow()
                assert seen == list(range(1, len(seen) + 1))
                async for event in client.session("s").stream(offset="stored"):
                    if isinstance(event.data, TurnEnded):
                        break
                anew = await history(client, "s")
    finally:
        for daemon in (first, second):
            daemon.close()
    old, new = store.logs("s")
    assert [event.sequence for event in read(store, "s", old)] == seen
    assert list(read(store, "s", new)) == list(read(store, "s")) == anew
    grammar.check(anew)


def kill(daemon: Daemon) -> None:
    daemon.process.kill()
    daemon.process.wait(30)


async def test_a_session_that_a_restart_has_forgotten_is_an_error_and_stays_in_the_store(
    kind: str, tmp_path: Path, store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox_agent.client.spawn.secrets.token_hex", lambda size: "t" * size)
    first, second = (launch(mock_pace=0, data_dir=tmp_path / name) for name in "ab")
    try:
        with CuttingProxy(port_of(first)) as proxy:
            async with keeping(kind, proxy.url, first.token, store) as client, asyncio.timeout(60):
                session = await client.create_session("s", agent="mock")
                await session.send("hello").wait()
                whole = await history(client, "s")

                async def follow() -> None:
                    async for event in session.stream():
                        if isinstance(event.data, TurnEnded):
                            proxy.target = port_of(second)
                            await asyncio.to_thread(kill, first)

                with pytest.raises(SessionNotFound):
                    await follow()
    finally:
        for daemon in (first, second):
            daemon.close()
    assert list(read(store, "s")) == whole


def test_a_client_that_is_killed_goes_on_where_its_store_ends(daemon: Daemon, tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    with SandboxAgent.connect(daemon.base_url, token=daemon.token) as client:
        session = client.create_session("killed reader", agent="mock")
        turn = session.send("flood 2000")
        argv = [sys.executable, "-c", _READER, daemon.base_url, daemon.token, session.id, str(path)]
        for patience in (10, 30):
            with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as reader:
                assert reader.stdout is not None
                for _ in range(patience):
                    assert reader.stdout.readline()
                reader.send_signal(signal.SIGKILL)
        turn.wait()
        session.terminate()
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True)
        whole = session.events().events
    assert int(done.stdout.split()[0]) > 10
    with SQLiteStore(path) as store:
        assert tuple(read(store, session.id)) == whole
