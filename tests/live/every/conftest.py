"""Every agent with a command line of its own, behind one daemon and one client."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.live.conftest import CHECKOUT, DATA_DIR
from tests.live.daemon import LiveDaemon
from tests.matrix import matrix

from sandbox_agent import AsyncSandboxAgent, AsyncSession
from sandbox_agent.agents import AGENTS
from sandbox_agent.runtime.install import Installer, Order
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema.api import Model
from sandbox_agent.schema.grammar import check
from sandbox_agent.testing import ScriptedAmp, ScriptedModel

from .kinds import KINDS

NAMES = tuple(KINDS)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test runs on each agent that does what it proves and needs, or lacks it, as `scripts/matrix.py` has it."""
    own = [mark for mark in metafunc.definition.iter_markers("parametrize") if mark.args[0] == "stage"]
    if "stage" not in metafunc.fixturenames or own:
        return
    lacking = rows_of(metafunc.definition, "lacks")
    wanted = rows_of(metafunc.definition, "proves") + rows_of(metafunc.definition, "needs")
    agents = matrix.unable(lacking, NAMES) if lacking else matrix.able(wanted, NAMES)
    metafunc.parametrize("stage", agents, indirect=True)


def rows_of(test: pytest.Item, name: str) -> list[str]:
    """The rows of the table that a test's marks of one name speak of."""
    return [row for mark in test.iter_markers(name) for row in mark.args]


class Stage:
    """One agent, what its model says, and sessions of it."""

    def __init__(
        self, name: str, client: AsyncSandboxAgent, model: ScriptedModel, place: Path, daemon: LiveDaemon
    ) -> None:
        self.daemon = daemon
        self.kind = KINDS[name]
        self.command = self.kind.command
        self.model = model
        self.place = place
        self.name = name
        self._client = client
        self._sessions: list[AsyncSession] = []

    async def session(self, script: Any, *, name: str | None = None, **options: Any) -> AsyncSession:
        """A new session; the script is played from its beginning."""
        self.model.play(script)
        wanted = {"directory": self.place, **self.kind.options, **options}
        name = name or f"{self.place.parent.name} {len(self._sessions)}"
        session = await self._client.create_session(name, agent=self.name, **wanted)
        self._sessions.append(session)
        return session

    async def fork(self, session: AsyncSession, **options: Any) -> AsyncSession:
        """A fork of a session."""
        fork = await session.fork(f"{self.place.parent.name} {len(self._sessions)}", **options)
        self._sessions.append(fork)
        return fork

    def forget(self, session: AsyncSession) -> None:
        """It was deleted."""
        self._sessions.remove(session)

    async def models(self) -> Sequence[Model]:
        """The models that the agent lists."""
        return (await self._client.agent_models(self.name)).models

    async def close(self) -> None:
        """Check every log, and end the sessions."""
        for session in self._sessions:
            await session.terminate()
            check((await session.events()).events)
            await session.delete()


@pytest.fixture(scope="session")
def everything() -> Path:
    """All agents, installed once into the cache of the checkout."""
    installer = Installer(Settings(data_dir=DATA_DIR, directory=str(CHECKOUT)))
    for name in NAMES:
        installer.install(AGENTS[name], Order())
    return DATA_DIR


@pytest.fixture(scope="session")
def services() -> Iterator[Mapping[str, ScriptedModel]]:
    """What each agent talks to."""
    with ScriptedModel() as model, ScriptedAmp() as amp:
        yield {**dict.fromkeys(NAMES, model), "amp": amp}


@pytest.fixture(scope="session")
def daemon_of_all(
    everything: Path, services: Mapping[str, ScriptedModel], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveDaemon]:
    """One daemon for all agents."""
    daemon = LiveDaemon(tmp_path_factory.mktemp("daemon"), everything, services["claude"].env | services["amp"].env)
    yield daemon
    daemon.close()


def place_in(folder: Path) -> Path:
    """An empty project."""
    place = folder / "project"
    place.mkdir()
    return place


@contextlib.asynccontextmanager
async def staged(
    daemon: LiveDaemon, services: Mapping[str, ScriptedModel], place: Path, name: str
) -> AsyncGenerator[Stage]:
    """A stage for one test."""
    async with AsyncSandboxAgent.connect(daemon.url) as client:
        stage = Stage(name, client, services[name], place, daemon)
        yield stage
        await stage.close()


@pytest.fixture
def agent(stage: Stage) -> str:
    """Which agent's turn it is."""
    return stage.name


@pytest.fixture
async def stage(
    daemon_of_all: LiveDaemon,
    services: Mapping[str, ScriptedModel],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Stage]:
    """Each agent in turn."""
    async with staged(daemon_of_all, services, place_in(tmp_path), request.param) as stage:
        yield stage
