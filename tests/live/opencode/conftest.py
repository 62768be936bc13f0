"""OpenCode in the live tests: the pinned version, and servers that stay up from one test to the next."""

from __future__ import annotations

import re
import shutil
import socket
import threading
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


@pytest.fixture(scope="session")
def common_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which most tests work: a server needs a second for every new one."""
    return tmp_path_factory.mktemp("project")


@pytest.fixture
def desk(
    opencode_daemon: LiveDaemon, model: ScriptedModel, common_place: Path, request: pytest.FixtureRequest
) -> OpenDesk:
    """Where to begin a conversation, in an empty folder."""
    for left in common_place.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_")).strip("-")
    return OpenDesk(opencode_daemon, model, VERSION, common_place, name)


@pytest.fixture
def own_desk(desk: OpenDesk, tmp_path: Path) -> OpenDesk:
    """The same in a folder of its own, for what a server remembers of a folder."""
    desk.place = tmp_path / "project"
    desk.place.mkdir()
    return desk


@pytest.fixture(scope="session")
def breakable_daemon(
    installed: Path, model: ScriptedModel, record: Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveDaemon]:
    """One whose servers may be killed: no test leaves one behind."""
    daemon = LiveDaemon(tmp_path_factory.mktemp("breakable"), installed, model.env, record)
    yield daemon
    daemon.close()


@pytest.fixture
def breakable(desk: OpenDesk, breakable_daemon: LiveDaemon) -> OpenDesk:
    """A desk at which servers may be killed."""
    return desk.at(breakable_daemon)


class Outside:
    """A proxy that lets nobody out and remembers who wanted to go where."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                self.asked.append(connection.recv(4096).decode(errors="replace").partition("\r\n")[0])
                connection.sendall(b"HTTP/1.1 403 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")


@pytest.fixture(scope="session")
def outside() -> Iterator[Outside]:
    """The world, as far as the agents of `worldly_daemon` see it."""
    outside = Outside()
    yield outside
    outside.close()


@pytest.fixture(scope="session")
def worldly_daemon(
    installed: Path,
    model: ScriptedModel,
    outside: Outside,
    record: Path | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[LiveDaemon]:
    """A daemon with keys, tokens and a proxy in its environment."""
    env = {
        "TEAM_NAME": "blue",
        "TEAM_TOKEN": "sesame",
        "AMP_API_KEY": "fake",
        "GROQ_API_KEY": "fake",
        "OPENCODE_SERVER_PASSWORD": "not-this-one",
        "SANDBOX_AGENT_SECRET": "fake",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), outside.url),
    }
    daemon = LiveDaemon(tmp_path_factory.mktemp("worldly"), installed, {**model.env, **env}, record)
    yield daemon
    daemon.close()
