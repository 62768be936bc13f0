"""Amp itself against the scripted service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.conftest import CHECKOUT, DATA_DIR
from tests.live.daemon import Desk, LiveDaemon

from sandbox_agent.agents import AGENTS
from sandbox_agent.runtime.install import Installer, Order
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.testing.amp import ScriptedAmp

VERSION = "0.0.1790142911-g7618fb"


@pytest.fixture(scope="session")
def amp_installed() -> Path:
    """The pinned version, installed once into the cache of the checkout."""
    installer = Installer(Settings(data_dir=DATA_DIR, directory=str(CHECKOUT)))
    installer.install(AGENTS["amp"], Order(version=VERSION, choose=True))
    return DATA_DIR


@pytest.fixture(scope="session")
def service() -> Iterator[ScriptedAmp]:
    """The service that every Amp of the live tests talks to."""
    with ScriptedAmp() as service:
        yield service


@pytest.fixture(scope="session")
def amp_daemon(
    amp_installed: Path, service: ScriptedAmp, record: Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveDaemon]:
    """One daemon for all tests that do not break it."""
    daemon = LiveDaemon(tmp_path_factory.mktemp("daemon"), amp_installed, service.env, record)
    yield daemon
    daemon.close()


class AmpDesk(Desk):
    """Where conversations with Amp begin."""

    mark = "--stream-json-input"


@pytest.fixture
def desk(amp_daemon: LiveDaemon, service: ScriptedAmp, tmp_path: Path, request: pytest.FixtureRequest) -> AmpDesk:
    """Where to begin a conversation."""
    place = tmp_path / "project"
    place.mkdir()
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_")).strip("-")
    return AmpDesk(amp_daemon, service, VERSION, place, name, agent="amp")
