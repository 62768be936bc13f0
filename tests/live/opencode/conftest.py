"""OpenCode in the live tests: the pinned version, and servers that stay up from one test to the next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.conftest import CHECKOUT, DATA_DIR
from tests.live.daemon import LiveDaemon

from sandbox_agent.agents import AGENTS
from sandbox_agent.runtime.install import Installer, Order
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.testing import ScriptedModel

from .desk import OpenDesk

VERSION = "1.18.33"


@pytest.fixture(scope="session")
def installed() -> Path:
    """OpenCode, installed once into the cache of the checkout."""
    installer = Installer(Settings(data_dir=DATA_DIR, directory=str(CHECKOUT)))
    installer.install(AGENTS["opencode"], Order(version=VERSION, choose=True))
    return DATA_DIR


@pytest.fixture(scope="session")
def opencode_daemon(
    installed: Path, model: ScriptedModel, record: Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveDaemon]:
    """One daemon for all tests that do not break it."""
    daemon = LiveDaemon(tmp_path_factory.mktemp("opencode"), installed, model.env, record)
    yield daemon
    daemon.close()


@pytest.fixture
def desk(opencode_daemon: LiveDaemon, model: ScriptedModel, tmp_path: Path, request: pytest.FixtureRequest) -> OpenDesk:
    """Where to begin a conversation."""
    place = tmp_path / "project"
    place.mkdir()
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_")).strip("-")
    return OpenDesk(opencode_daemon, model, VERSION, place, name)
