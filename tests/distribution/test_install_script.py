"""`install.sh`, run as a newcomer runs it: an empty home, a release in a local folder, each way it knows."""

from __future__ import annotations

import functools
import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox_agent import __version__

from .conftest import ROOT, Machine

SCRIPT = ROOT / "install.sh"
BIN = Path(sys.executable).parent
SETTINGS = ("PIP_", "UV_", "SSL_", "HTTP_", "HTTPS_", "NO_PROXY", "http", "no_proxy")
"""How this machine reaches its package index is none of the script's business."""


@pytest.fixture(scope="module")
def release(executable: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a release has it."""
    folder = tmp_path_factory.mktemp("release")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=300)
    shutil.copy(executable, folder)
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(folder.iterdir())
    ]  # fmt: skip
    (folder / "SHA256SUMS").write_text("".join(sums))
    return folder


class Newcomer:
    """Somebody with an empty home."""

    def __init__(self, home: Path, release: Path, *tools: str) -> None:
        self.home = home
        path = home / "tools"
        path.mkdir(parents=True)
        for tool in tools:
            (path / tool).symlink_to(BIN / tool)
        settings = {name: value for name, value in os.environ.items() if name.startswith(SETTINGS)}
        mirror = {"SANDBOX_AGENT_MIRROR": str(release)}
        self.environ = {"HOME": str(home), "PATH": f"{path}:/usr/local/bin:/usr/bin:/bin", **settings, **mirror}

    def install(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return self.run("sh", str(SCRIPT), *arguments, **environ)

    def run(self, *argv: str, **environ: str) -> subprocess.CompletedProcess[str]:
        env = {**self.environ, **environ}
        return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=300, check=False, cwd=self.home)

    @property
    def command(self) -> str:
        return str(self.home / ".local/bin/sandbox-agent")


@pytest.mark.parametrize(("method", "tool"), [("uv", "uv"), ("pipx", "pipx"), ("venv", None), ("binary", None)])
def test_it_installs_runs_and_is_undone(release: Path, tmp_path: Path, method: str, tool: str | None) -> None:
    newcomer = Newcomer(tmp_path / "home", release, *([tool] if tool else []))
    chosen = ["--method", "binary"] if method == "binary" else []
    done = newcomer.install(*chosen)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Undo: sh install.sh --uninstall" in done.stdout
    assert ".local/bin is not in your PATH" in done.stdout
    turn = newcomer.run(newcomer.command, "run", "mock", "hello")
    assert "completed" in turn.stdout + turn.stderr
    undone = newcomer.install("--uninstall")
    assert undone.returncode == 0, undone.stderr
    assert f"({method})" in undone.stdout
    assert not os.path.lexists(newcomer.command)


@pytest.fixture(scope="module")
def mirror(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Releases on the web: wheels of all versions, and for each version a folder with its executable."""
    folder = tmp_path_factory.mktemp("mirror")
    for wheel in release.glob("*.whl"):
        shutil.copy(wheel, folder)
    shutil.copytree(release, folder / __version__)
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        serving.join()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize(("method", "tool"), [("uv", "uv"), ("pipx", "pipx"), ("venv", None), ("binary", None)])
def test_a_version_comes_from_a_mirror_on_the_web(
    release: Path, mirror: str, tmp_path: Path, method: str, tool: str | None
) -> None:
    newcomer = Newcomer(tmp_path / "home", release, *([tool] if tool else []))
    where = {"SANDBOX_AGENT_MIRROR": mirror, "SANDBOX_AGENT_VERSION": __version__}
    done = newcomer.install("--method", method, **where)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Installed sandbox-agent {__version__}" in done.stdout
    assert newcomer.run(newcomer.command, "--version").stdout.strip().endswith(__version__)
    assert newcomer.install("--uninstall").returncode == 0
    places = (newcomer.home / ".local").rglob("*sandbox*")
    kept = {newcomer.home / ".local/share/sandbox-agent"}  # what agents need
    assert [path for path in places if path not in kept and path.suffix != ".lock"] == []  # pipx keeps a lock


def test_a_mirror_that_has_no_such_version_installs_nothing(release: Path, mirror: str, tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path / "home", release)
    where = {"SANDBOX_AGENT_MIRROR": mirror, "SANDBOX_AGENT_VERSION": "99.0.0"}
    done = newcomer.install("--method", "binary", **where)
    assert done.returncode == 1
    assert "99.0.0" in done.stderr
    assert not os.path.lexists(newcomer.command)


def test_another_method_replaces_the_one_before(release: Path, tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path / "home", release)
    assert newcomer.install("--method", "venv").returncode == 0
    done = newcomer.install("--method", "binary")
    assert "Replacing what was installed with venv" in done.stdout
    assert not (newcomer.home / ".local/share/sandbox-agent/installed/venv").exists()
    assert newcomer.run(newcomer.command, "--version").returncode == 0


def test_a_version_is_honoured_and_one_that_does_not_exist_installs_nothing(release: Path, tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path / "home", release)
    done = newcomer.install("--method", "venv", SANDBOX_AGENT_VERSION="99.0.0")
    assert done.returncode == 1
    assert "sandbox-agent-py==99.0.0" in done.stderr
    assert not os.path.lexists(newcomer.command)


def test_an_executable_that_was_changed_on_its_way_is_not_installed(release: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    shutil.copytree(release, bad)
    with (bad / "sandbox-agent-linux-x64").open("ab") as file:
        file.write(b"!")
    newcomer = Newcomer(tmp_path / "home", bad)
    done = newcomer.install("--method", "binary")
    assert done.returncode == 1
    assert "nothing was installed" in done.stderr
    assert not os.path.lexists(newcomer.command)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [(["--method", "snap"], "uv, pipx, venv and binary"), (["--force"], "--help"), (["--uninstall"], "nothing that")],
)
def test_what_it_cannot_do_it_says_in_a_sentence(
    release: Path, tmp_path: Path, arguments: list[str], hint: str
) -> None:
    done = Newcomer(tmp_path / "home", release).install(*arguments)
    assert done.returncode == 1
    assert hint in done.stderr


def test_where_there_is_nothing_it_takes_the_executable(machine: Machine, release: Path) -> None:
    inside = machine.root / "release"
    if not inside.exists():
        shutil.copytree(release, inside)
    shutil.copy(SCRIPT, inside)
    script = (
        "HOME=/data SANDBOX_AGENT_MIRROR=/release sh /release/install.sh && /data/.local/bin/sandbox-agent --version"
    )
    done = machine.run("sh", "-c", script, read_only=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Installing the portable executable from /release" in done.stdout


def test_without_a_home_or_a_way_to_fetch_it_says_so(machine: Machine) -> None:
    shutil.copy(SCRIPT, machine.root / "install.sh")
    nowhere = machine.run("sh", "/install.sh")
    assert (nowhere.returncode, "HOME is not set" in nowhere.stderr) == (1, True)
    unfetched = machine.run("sh", "-c", "HOME=/data SANDBOX_AGENT_MIRROR=http://127.0.0.1:1 sh /install.sh")
    assert (unfetched.returncode, "neither curl nor wget" in unfetched.stderr) == (1, True)


def test_it_is_plain_posix_shell_without_a_complaint() -> None:
    done = subprocess.run(["shellcheck", "-s", "sh", str(SCRIPT)], capture_output=True, text=True, check=False)
    assert done.stdout == ""
