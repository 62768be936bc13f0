"""Live tests of Codex: the parent's daemon and model, and a desk of its own."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType

import pytest
from tests.live.conftest import CHECKOUT, DATA_DIR
from tests.live.daemon import Desk, LiveDaemon

from sandbox_agent.agents import AGENTS
from sandbox_agent.runtime.install import Installer, Order
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.testing import ScriptedModel

VERSION = "0.169.0"
BOTH = (VERSION, "0.163.0")
"""What npm brings, and what pip brings: for a module's `VERSIONS`."""
MODEL = "gpt-5.5"
"""Gets plain tools from Codex; newer ones get a language to script them in."""

CONFIG = """
[model_providers.gateway]
request_max_retries = 1
stream_max_retries = 1
"""


class CodexDesk(Desk):
    """Begins conversations with Codex."""

    mark = "app-server"
    options = MappingProxyType({"model": MODEL})
    config = CONFIG


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "codex" in metafunc.fixturenames:
        metafunc.parametrize("codex", getattr(metafunc.module, "VERSIONS", [VERSION]), indirect=True, scope="session")


@pytest.fixture(scope="session")
def codex(request: pytest.FixtureRequest) -> str:
    """Codex, installed once into the cache of the checkout; its version."""
    version: str = request.param
    installer = Installer(Settings(data_dir=DATA_DIR, directory=str(CHECKOUT)))
    installer.install(AGENTS["codex"], Order(version=version, choose=version == VERSION))
    return version


@pytest.fixture
def desk(
    daemon: LiveDaemon, model: ScriptedModel, codex: str, tmp_path: Path, request: pytest.FixtureRequest
) -> CodexDesk:
    """Where to begin a conversation."""
    place = tmp_path / "project"
    place.mkdir()
    config = daemon.home / ".codex" / "config.toml"
    config.parent.mkdir(exist_ok=True)
    config.write_text(CONFIG)
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_")).strip("-")
    return CodexDesk(daemon, model, codex, place, name, agent="codex")
