"""One command each: pip, uvx and pipx put the wheel where nothing of ours is, and it does what the README says."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .conftest import ROOT

BIN = Path(sys.executable).parent
SETTINGS = ("PIP_", "UV_", "SSL_", "HTTP_", "HTTPS_", "NO_PROXY", "http", "no_proxy")
"""How this machine reaches its package index is not what is tested."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as a release has it, with the web page in it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "scripts/inspector.py", "--strict"], cwd=ROOT, check=True, timeout=600)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=300)
    (built,) = folder.glob("*.whl")
    return built


class Empty:
    """A home with nothing in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir()
        settings = {name: value for name, value in os.environ.items() if name.startswith(SETTINGS)}
        self.environ = {"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **settings}

    def run(self, *argv: str | Path) -> str:
        done = subprocess.run(
            [str(each) for each in argv],
            env=self.environ,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextlib.contextmanager
    def serving(self, command: Path) -> Iterator[str]:
        """The server of an installed command; its address."""
        argv = [str(command), "server", "--port", "0"]
        with subprocess.Popen(argv, env=self.environ, cwd=self.home, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            found = re.search(r"http://\S+:\d+", process.stdout.readline())
            assert found is not None
            yield found.group()
            process.terminate()
            assert process.wait(60) == 0


@pytest.fixture
def empty(tmp_path: Path) -> Empty:
    return Empty(tmp_path / "home")


def test_pip_installs_the_server_the_client_and_the_web_page(empty: Empty, wheel: Path) -> None:
    venv = empty.home / "venv"
    empty.run(sys.executable, "-m", "venv", venv)
    empty.run(venv / "bin/python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", wheel)
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert empty.run(venv / "bin/python", "-I", "-c", block) == "hello\n-- completed\n"
    with empty.serving(venv / "bin/sandbox-agent") as url, httpx.Client(timeout=60, trust_env=False) as http:
        page = http.get(f"{url}/ui/").raise_for_status().text
        scripts = re.findall(r'src="([^"]+)"', page)
        assert scripts
        for each in scripts:
            http.get(httpx.URL(f"{url}/ui/").join(each)).raise_for_status()


def test_uvx_runs_a_turn_and_keeps_nothing_on_the_path(empty: Empty, wheel: Path) -> None:
    assert "hello" in empty.run(BIN / "uvx", "--from", wheel, "sandbox-agent", "run", "mock", "hello")
    assert not (empty.home / ".local/bin").exists()


def test_pipx_installs_the_command_and_takes_it_away(empty: Empty, wheel: Path) -> None:
    empty.run(BIN / "pipx", "install", wheel)
    command = empty.home / ".local/bin/sandbox-agent"
    assert "hello" in empty.run(command, "run", "mock", "hello")
    empty.run(BIN / "pipx", "uninstall", "sandbox-agent-py")
    assert not os.path.lexists(command)
