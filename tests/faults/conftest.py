"""Faults: a real daemon whose agents, readers and surroundings misbehave. Everything stays on loopback."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox_agent.agents import AGENTS
from sandbox_agent.runtime.install import Installer, Order
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.testing import ScriptedModel

from .house import Build, House

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
DATA_DIR = CHECKOUT / ".cache" / "agents"
VERSION = "2.1.197"


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in agent as a program of its own."""
    program = tmp_path_factory.mktemp("bin") / "standin"
    program.write_text(f"#!{sys.executable} -IS\n" + (HERE / "standin.py").read_text())
    program.chmod(0o755)
    return program


@pytest.fixture(scope="session")
def shared(standin: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A daemon with the stand-in, for all tests that do not break the daemon itself."""
    house = House(tmp_path_factory.mktemp("house"), {"SANDBOX_AGENT_CLAUDE_BIN": str(standin)})
    yield house
    house.close()


@pytest.fixture
def build(standin: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    """Daemons of a test's own."""
    houses: list[House] = []

    def start(env: Mapping[str, str] | None = None, home: Path | None = None, **options: Any) -> House:
        chosen = {"SANDBOX_AGENT_CLAUDE_BIN": str(standin)} if env is None else env
        house = House(home or tmp_path_factory.mktemp("house"), chosen, **options)
        houses.append(house)
        return house

    yield start
    for house in houses:
        house.close()


@pytest.fixture(scope="session")
def model() -> Iterator[ScriptedModel]:
    """The model that the real Claude Code talks to."""
    with ScriptedModel() as model:
        yield model


@pytest.fixture(scope="session")
def real(model: ScriptedModel) -> Mapping[str, str]:
    """The environment in which a daemon drives the real Claude Code, installed into the cache of the checkout."""
    installer = Installer(Settings(data_dir=DATA_DIR, directory=str(CHECKOUT)))
    installer.install(AGENTS["claude"], Order(version=VERSION, choose=True))
    return {"SANDBOX_AGENT_DATA_DIR": str(DATA_DIR), **model.env}
