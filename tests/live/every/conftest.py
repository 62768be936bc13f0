"""Every agent with a command line of its own, behind one daemon and one client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.live.conftest import CHECKOUT, DATA_DIR
from tests.live.daemon import LiveDaemon

from sandbox_agent import AsyncSandboxAgent, AsyncSession
from sandbox_agent.agents import AGENTS
from sandbox_agent.runtime.install import Installer, Order
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema.grammar import check
from sandbox_agent.testing import ScriptedAmp, ScriptedModel, call
from sandbox_agent.testing.model.script import Call

NAMES = ("amp", "claude", "codex", "opencode")


@dataclass(frozen=True)
class Kind:
    """How a script has one agent run a command, and what its sessions need."""

    command: Callable[[str], Call]
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


KINDS = {
    "amp": Kind(lambda line: call("shell_command", {"command": line})),
    "claude": Kind(lambda line: call("Bash", {"command": line, "description": "run"})),
    # Newer models get a language to script the tools in, instead of the tools.
    "codex": Kind(lambda line: call("exec_command", {"cmd": line}), {"model": "gpt-5.5"}),
    "opencode": Kind(lambda line: call("bash", {"command": line, "description": "run"})),
}


class Stage:
    """One agent, what its model says, and sessions of it."""

    def __init__(self, name: str, client: AsyncSandboxAgent, model: ScriptedModel, place: Path) -> None:
        self.command = KINDS[name].command
        self.model = model
        self.place = place
        self._name = name
        self._client = client
        self._sessions: list[AsyncSession] = []

    async def session(self, script: Any, **options: Any) -> AsyncSession:
        """A new session; the script is played from its beginning."""
        self.model.play(script)
        wanted = {"directory": self.place, **KINDS[self._name].options, **options}
        name = f"{self.place.parent.name} {len(self._sessions)}"
        session = await self._client.create_session(name, agent=self._name, **wanted)
        self._sessions.append(session)
        return session

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


@pytest.fixture(params=NAMES)
async def stage(
    daemon_of_all: LiveDaemon,
    services: Mapping[str, ScriptedModel],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Stage]:
    """Each agent in turn."""
    place = tmp_path / "project"
    place.mkdir()
    async with AsyncSandboxAgent.connect(daemon_of_all.url) as client:
        stage = Stage(request.param, client, services[request.param], place)
        yield stage
        await stage.close()
