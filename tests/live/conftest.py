"""Live tests: real agent CLIs, a real daemon over HTTP, a scripted model. Everything stays on loopback."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from sandbox_agent.agents import AGENTS
from sandbox_agent.runtime.install import Installer, Order
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.testing import ScriptedModel

from .daemon import Desk, LiveDaemon

CHECKOUT = Path(__file__).parents[2]
DATA_DIR = CHECKOUT / ".cache" / "agents"
Daemons: TypeAlias = Callable[..., LiveDaemon]
VERSIONS = ("2.1.197", "2.1.330")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.live)


@pytest.fixture(scope="session")
def installed() -> Path:
    """Both versions of Claude Code, installed once into the cache of the checkout."""
    installer = Installer(Settings(data_dir=DATA_DIR, directory=str(CHECKOUT)))
    for version in VERSIONS:
        installer.install(AGENTS["claude"], Order(version=version, choose=version == VERSIONS[0]))
    return DATA_DIR


@pytest.fixture(scope="session")
def model() -> Iterator[ScriptedModel]:
    """The model that every agent of the live tests talks to."""
    with ScriptedModel() as model:
        yield model


@pytest.fixture(scope="session")
def record() -> Path | None:
    """Where to write down what the agents say: SANDBOX_AGENT_TEST_RECORD names a folder."""
    named = os.environ.get("SANDBOX_AGENT_TEST_RECORD")
    return Path(named).absolute() if named else None


@pytest.fixture(scope="session")
def daemon(
    installed: Path, model: ScriptedModel, record: Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveDaemon]:
    """One daemon for all tests that do not break it."""
    daemon = LiveDaemon(tmp_path_factory.mktemp("daemon"), installed, model.env, record)
    yield daemon
    daemon.close()


@pytest.fixture(scope="session")
def daemons(
    installed: Path, model: ScriptedModel, record: Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Daemons]:
    """Daemons with another environment, each started once."""
    started: dict[frozenset[tuple[str, str]], LiveDaemon] = {}

    def start(**env: str) -> LiveDaemon:
        key = frozenset(env.items())
        if key not in started:
            home = tmp_path_factory.mktemp("daemon")
            started[key] = LiveDaemon(home, installed, {**model.env, **env}, record)
        return started[key]

    yield start
    for daemon in started.values():
        daemon.close()


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Each version of the CLI that we support."""
    version: str = request.param
    return version


@pytest.fixture
def desk(
    daemon: LiveDaemon, model: ScriptedModel, version: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Desk:
    """Where to begin a conversation."""
    place = tmp_path / "project"
    place.mkdir()
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_").replace(version, "")).strip("-")
    return Desk(daemon, model, version, place, name)
