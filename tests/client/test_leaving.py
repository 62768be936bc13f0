from __future__ import annotations

from pathlib import Path

import pytest

from sandbox_agent import AsyncSandboxAgent, ConnectionFailed, InvalidRequest, SandboxAgent
from sandbox_agent.client.spawn import Daemon

pytestmark = pytest.mark.anyio


def test_a_session_ends_with_its_block_and_its_history_stays(daemon: Daemon) -> None:
    with SandboxAgent.connect(daemon.base_url, token=daemon.token) as client:
        with client.create_session("block", agent="mock") as session:
            session.send("hello").wait()
        assert session.info().ended
        assert len(session.messages()) == 2
        session.delete()


async def test_so_it_does_with_asyncio_and_a_deleted_one_is_fine(daemon: Daemon) -> None:
    async with AsyncSandboxAgent.connect(daemon.base_url, token=daemon.token) as client:
        async with await client.create_session("async block", agent="mock") as session:
            await session.send("hello").wait()
        assert (await session.info()).ended
        async with session:
            await session.delete()


def test_what_went_wrong_in_the_block_is_what_is_raised(tmp_path: Path) -> None:
    with SandboxAgent.start(data_dir=tmp_path, mock_pace=0) as client:
        session = client.create_session("s", agent="mock")
        assert client.http.daemon is not None
        client.http.daemon.process.kill()
        client.http.daemon.process.wait(30)
        with pytest.raises(InvalidRequest), session:
            raise InvalidRequest("mine")
        with pytest.raises(ConnectionFailed), session:
            pass
