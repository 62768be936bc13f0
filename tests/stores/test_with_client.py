"""PostgreSQL behind both clients; SQLite is tested with them below `tests/client`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sandbox_agent import AsyncSandboxAgent, PostgresStore, SandboxAgent
from sandbox_agent.stores import read

from .server import Postgres

pytestmark = pytest.mark.anyio


def test_a_turn_is_in_the_database_although_its_connections_break(
    cluster: Postgres, conninfo: str, tmp_path: Path
) -> None:
    with (
        PostgresStore(conninfo) as store,
        SandboxAgent.start(data_dir=tmp_path, mock_pace=0, store=store) as client,
        client.create_session("s", agent="mock") as session,
    ):
        for event in session.send("flood 300"):
            if event.sequence in {10, 100}:
                cluster.kill_connections()
        assert tuple(read(store, "s")) == session.events().events


async def test_several_sessions_are_kept_at_once(conninfo: str, tmp_path: Path) -> None:
    with PostgresStore(conninfo) as store:
        async with AsyncSandboxAgent.start(data_dir=tmp_path, mock_pace=0, store=store) as client:
            sessions = [await client.create_session(f"s{number}", agent="mock") for number in range(5)]
            async with asyncio.timeout(60):
                results = await asyncio.gather(*(session.send("flood 100").wait() for session in sessions))
            assert {result.reason for result in results} == {"completed"}
            for session in sessions:
                assert tuple(read(store, session.id)) == (await session.events()).events
