"""The real terminal interface of OpenCode, attached to our daemon, with the mock agent behind it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.live.daemon import LiveDaemon, clean_environ, running

from .conftest import VERSION
from .screen import Screen

TOKEN = "a-made-up-token"
COMMAND = str(Path(sys.executable).with_name("sandbox-agent"))
LISTING = "Use the bash tool to run `ls` in the current directory. Do not answer without using the tool."


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDaemon]:
    """A daemon with a token, and no agent but the mock."""
    home = tmp_path_factory.mktemp("attached")
    daemon = LiveDaemon(home, home / "data", {"SANDBOX_AGENT_TOKEN": TOKEN})
    yield daemon
    daemon.close()


@pytest.fixture
def binary(installed: Path) -> str:
    return str(installed / "agents" / "opencode" / VERSION / "bin" / "opencode")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Of a client: nothing but the password."""
    manners = {"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1"}
    return clean_environ(tmp_path) | {"TERM": "xterm-256color", **manners, "OPENCODE_SERVER_PASSWORD": TOKEN}


@pytest.fixture(params=["", "/opencode"], ids=["root", "prefix"])
def screen(daemon: LiveDaemon, binary: str, env: dict[str, str], request: pytest.FixtureRequest) -> Iterator[Screen]:
    """The interface, ready for a prompt."""
    with Screen([binary, "attach", daemon.url + request.param], env, daemon.home) as screen:
        screen.expect("Ask anything")
        screen.expect("Mock")
        yield screen


def test_it_prompts_the_mock_and_shows_the_answer(screen: Screen, daemon: LiveDaemon) -> None:
    screen.type("help")
    screen.expect("help")
    screen.enter()
    screen.expect("Anything else is repeated.")
    assert httpx.get(f"{daemon.url}/session", timeout=60, trust_env=False).status_code == 401
    sessions = httpx.get(f"{daemon.url}/v1/sessions", auth=("", TOKEN), timeout=60, trust_env=False).json()["sessions"]
    assert {each["agent"] for each in sessions} == {"mock"}


def test_it_asks_for_a_permission_and_goes_on(screen: Screen) -> None:
    screen.type(LISTING)
    screen.expect("using the tool.")
    screen.enter()
    screen.expect("Permission required")
    screen.expect("Allow once")
    screen.enter()
    screen.expect("mock.search")


def test_one_prompt_from_the_command_line_is_answered(daemon: LiveDaemon, binary: str, env: dict[str, str]) -> None:
    done = subprocess.run(
        [binary, "run", "--attach", f"{daemon.url}/opencode", "think"],
        env={**env, "TERM": "dumb"},
        cwd=daemon.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "I have thought."), done.stderr


@pytest.fixture
def own(installed: Path, env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Of somebody who has OpenCode installed and no server running."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "agents").symlink_to(installed / "agents")
    return {**env, "SANDBOX_AGENT_DATA_DIR": str(data), "SANDBOX_AGENT_TOKEN": TOKEN}


def test_one_command_starts_the_server_and_shows_the_interface_in_a_session_of_that_title(
    own: dict[str, str], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    own = {name: value for name, value in own.items() if name != "OPENCODE_SERVER_PASSWORD"}
    try:
        command = [COMMAND, "opencode", "--port", port, "--session-title", "Count the trees", "--yolo"]
        with Screen(command, own, tmp_path) as screen:
            screen.expect("Build · Mock")
            screen.type("help")
            screen.expect("help")
            screen.enter()
            screen.expect("Anything else is repeated.")
        assert not running(f":{port}/opencode"), "the interface does not outlive the command"
        answer = httpx.get(f"http://127.0.0.1:{port}/v1/sessions", auth=("", TOKEN), timeout=60, trust_env=False)
        (session,) = answer.json()["sessions"]
        assert (session["title"], session["permissionMode"]) == ("Count the trees", "bypass")
    finally:
        subprocess.run([COMMAND, "daemon", "stop", "--port", port], env=own, check=True, timeout=60)
