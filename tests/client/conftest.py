from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import pytest

from sandbox_agent import AsyncSandboxAgent, AsyncSession, SandboxAgent
from sandbox_agent.client.spawn import Daemon, launch

from .threaded import threaded

_NUMBERS = itertools.count()


@pytest.fixture(scope="package")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A real server, the mock agent at full speed."""
    running = launch(mock_pace=0.002, data_dir=tmp_path_factory.mktemp("data"))
    yield running
    running.close()


@pytest.fixture(scope="package")
def port(daemon: Daemon) -> int:
    return urlsplit(daemon.base_url).port or 0


@pytest.fixture(params=["blocking", "asynchronous"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def client(kind: str, daemon: Daemon) -> AsyncIterator[AsyncSandboxAgent]:
    """Both clients, one after the other, under the names of the asynchronous one."""
    if kind == "blocking":
        with SandboxAgent.connect(daemon.base_url, token=daemon.token) as blocking:
            yield threaded(blocking)
    else:
        async with AsyncSandboxAgent.connect(daemon.base_url, token=daemon.token) as client:
            yield client


@pytest.fixture
async def session(client: AsyncSandboxAgent) -> AsyncSession:
    return await client.create_session(f"session {next(_NUMBERS)}", agent="mock")
