"""Connections break; events do not get lost, come twice, or come out of order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from sandbox_agent import (
    AsyncSandboxAgent,
    ConnectionFailed,
    Event,
    ItemDelta,
    PermissionReply,
    PermissionRequested,
    RequestTimeout,
    SandboxAgent,
    SessionNotFound,
    TurnEnded,
)
from sandbox_agent.client.spawn import Daemon, launch
from sandbox_agent.schema import grammar

from .proxy import CuttingProxy
from .threaded import threaded

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def connected(kind: str, base_url: str, token: str, reconnects: int = 10) -> AsyncIterator[AsyncSandboxAgent]:
    if kind == "blocking":
        with SandboxAgent.connect(base_url, token=token, reconnects=reconnects) as blocking:
            yield threaded(blocking)
    else:
        async with AsyncSandboxAgent.connect(base_url, token=token, reconnects=reconnects) as client:
            yield client


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_each_event_comes_once_and_in_order_however_often_the_connection_is_cut(
    kind: str, daemon: Daemon, port: int, seed: int
) -> None:
    with CuttingProxy(port, seed=seed, longest=20_000) as proxy:
        async with connected(kind, proxy.url, daemon.token) as client, asyncio.timeout(60):
            session = await client.create_session(f"cut {kind} {seed}", agent="mock")
            turn = [event async for event in session.send("flood 150")]
            await session.terminate()
            events = [event async for event in session.stream()]
        assert proxy.streams > 3
    grammar.check(events)
    assert turn == events[1:-1]
    assert isinstance(turn[-1].data, TurnEnded)


async def test_a_cut_in_the_middle_of_a_character_loses_nothing(kind: str, daemon: Daemon, port: int) -> None:
    with CuttingProxy(port, seed=7, longest=4_000) as proxy:
        async with connected(kind, proxy.url, daemon.token) as client, asyncio.timeout(60):
            session = await client.create_session(f"characters {kind}", agent="mock")
            result = await session.send("! " + "\u2028ü😀" * 60).wait()
        assert proxy.streams > 1
    assert result.text == "! " + "\u2028ü😀" * 60


async def test_a_stream_that_never_gets_further_gives_up(kind: str, daemon: Daemon, port: int) -> None:
    with CuttingProxy(port, seed=1, longest=1) as proxy:
        async with connected(kind, proxy.url, daemon.token, reconnects=2) as client, asyncio.timeout(60):
            session = await client.create_session(f"stuck {kind}", agent="mock")
            with pytest.raises(ConnectionFailed, match="lost the stream after event 0"):
                _ = [event async for event in session.stream()]
        assert proxy.streams == 3


async def test_a_server_that_is_gone_is_a_connection_that_failed(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    async with connected(kind, url, "token", reconnects=1) as client, asyncio.timeout(60):
        with pytest.raises(ConnectionFailed, match=url):
            await client.health()
        with pytest.raises(ConnectionFailed):
            await client.session("any").send("hello")
        with pytest.raises(ConnectionFailed):
            _ = [event async for event in client.session("any").stream()]


async def test_a_session_that_is_deleted_ends_its_streams(kind: str, daemon: Daemon) -> None:
    async with connected(kind, daemon.base_url, daemon.token) as client, asyncio.timeout(30):
        session = await client.create_session(f"deleted {kind}", agent="mock")
        async with session.stream() as stream:
            first = await anext(stream)
            assert first.sequence == 1
            await session.delete()
            try:
                rest = [event.type async for event in stream]
            except SessionNotFound:
                rest = ["session.ended"]
            assert rest[-1] == "session.ended"


async def test_a_server_that_does_not_answer_is_a_timeout(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        if kind == "blocking":
            with SandboxAgent.connect(url, timeout=0.05) as blocking, pytest.raises(RequestTimeout):
                blocking.health()
        else:
            async with AsyncSandboxAgent.connect(url, timeout=0.05) as client:
                with pytest.raises(RequestTimeout):
                    await client.health()


async def test_who_stops_early_leaves_no_connection_and_no_task(kind: str, daemon: Daemon, port: int) -> None:
    with CuttingProxy(port) as proxy:
        async with connected(kind, proxy.url, daemon.token) as client, asyncio.timeout(60):
            session = await client.create_session(f"early {kind}", agent="mock")
            tasks = len(asyncio.all_tasks())
            turn = session.send("slow 100000")
            for _ in range(20):
                async with session.stream() as stream:
                    assert (await anext(stream)).sequence == 1
            async with turn:
                async for event in turn:
                    if isinstance(event.data, ItemDelta):
                        break
            assert await asyncio.to_thread(proxy.wait_until_all_closed)
            assert proxy.streams == 21
            assert len(asyncio.all_tasks()) == tasks
            await session.interrupt()


async def test_a_loop_that_is_left_closes_its_stream(daemon: Daemon, port: int) -> None:
    async def first_event(client: AsyncSandboxAgent) -> Event:
        async for event in client.session("left").stream():
            return event
        raise AssertionError("no event")

    with CuttingProxy(port) as proxy:
        async with AsyncSandboxAgent.connect(proxy.url, token=daemon.token) as client, asyncio.timeout(60):
            await client.create_session("left", agent="mock")
            assert (await first_event(client)).sequence == 1
            assert await asyncio.to_thread(proxy.wait_until_all_closed)
        with SandboxAgent.connect(proxy.url, token=daemon.token) as blocking:
            for event in blocking.session("left").stream():
                assert event.sequence == 1
                break
            assert await asyncio.to_thread(proxy.wait_until_all_closed)


async def test_a_message_that_is_never_sent_is_warned_about(daemon: Daemon) -> None:
    async with AsyncSandboxAgent.connect(daemon.base_url, token=daemon.token) as client:
        with pytest.warns(RuntimeWarning, match="never sent"):
            client.session("any").send("hello")  # type: ignore[unused-awaitable]


async def test_a_slow_reader_is_behind_and_misses_nothing(kind: str, tmp_path: Path) -> None:
    daemon = launch(mock_pace=0, data_dir=tmp_path)
    try:
        async with connected(kind, daemon.base_url, daemon.token) as client, asyncio.timeout(60):
            session = await client.create_session("s", agent="mock")
            async with session.stream() as slow:
                assert (await anext(slow)).sequence == 1
                await session.send("flood 5000").wait()
                await session.terminate()
                sequences = [event.sequence async for event in slow]
            assert sequences == list(range(2, (await session.info()).event_count + 1))
    finally:
        daemon.close()


async def test_who_leaves_requests_an_installation_or_a_file_early_leaves_no_connection(
    daemon: Daemon, port: int, tmp_path: Path
) -> None:
    (tmp_path / "big.bin").write_bytes(bytes(8_000_000))
    with CuttingProxy(port) as proxy:
        async with AsyncSandboxAgent.connect(proxy.url, token=daemon.token) as client, asyncio.timeout(60):
            session = await client.create_session("left early", agent="mock")
            tasks = len(asyncio.all_tasks())
            await session.send("permission")
            async with session.requests() as requests:
                await anext(requests)
            async with aclosing(client.follow_install("mock")) as steps:
                await anext(steps)
            async with client.files.stream(str(tmp_path / "big.bin")) as pieces:
                await anext(aiter(pieces))
            assert len(asyncio.all_tasks()) == tasks
            await session.terminate()
        assert await asyncio.to_thread(proxy.wait_until_nobody_is_connected)


def test_who_leaves_requests_an_installation_or_a_file_early_is_gone_without_asyncio_too(
    daemon: Daemon, port: int, tmp_path: Path
) -> None:
    (tmp_path / "big.bin").write_bytes(bytes(8_000_000))
    with CuttingProxy(port) as proxy:
        with SandboxAgent.connect(proxy.url, token=daemon.token) as client:
            session = client.create_session("left early too", agent="mock")
            session.send("permission")
            with session.requests() as requests:
                next(requests)
            steps = client.follow_install("mock")
            next(steps)
            steps.close()
            with client.files.stream(str(tmp_path / "big.bin")) as pieces:
                next(iter(pieces))
            session.terminate()
        assert proxy.wait_until_nobody_is_connected()


async def test_a_request_is_asked_about_once_however_often_the_connection_is_cut(
    kind: str, daemon: Daemon, port: int
) -> None:
    asked: list[str] = []

    def allow(request: PermissionRequested) -> PermissionReply:
        asked.append(request.permission_id)
        return "once"

    with CuttingProxy(port, seed=3, longest=2_000) as proxy:
        async with connected(kind, proxy.url, daemon.token) as client, asyncio.timeout(60):
            session = await client.create_session(f"asked {kind}", agent="mock")
            first = await session.send("permission", on_permission=allow).wait()
            await session.send("permission")
            async with session.requests() as requests:
                async for request in requests:
                    assert isinstance(request, PermissionRequested)
                    asked.append(request.permission_id)
                    await session.answer_permission(request.permission_id, "once")
                    if len(asked) == 4:
                        break
        assert proxy.streams > 3
    assert "accepted once" in first.text
    names = ("permission", "permission_denied")
    assert asked == [f"mock_{turn}_{name}" for turn in (1, 2) for name in names]
