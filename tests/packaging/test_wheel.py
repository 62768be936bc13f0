"""The wheel, with what it declares to need and nothing else, does what the README shows; a client needs less still."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from sandbox_agent import SandboxAgent

ROOT = Path(__file__).parents[2]
CLIENT = ("httpx", "msgspec")
_CLIENT = """
import asyncio, sys
from sandbox_agent import AsyncSandboxAgent, SandboxAgent, SQLiteStore
from sandbox_agent.stores import read
url, token = sys.argv[1:]
with SQLiteStore("kept.db") as store, SandboxAgent.connect(url, token=token, store=store) as client:
    session = client.create_session("s", agent="mock", directory=".")
    session.files.write("in.txt", "from the client")
    print(session.send("hello", attachments=["in.txt"]).wait().reason, session.files.read("in.txt").decode())
    print(len(list(read(store, "s"))) == session.info().event_count)

async def main():
    async with AsyncSandboxAgent.connect(url, token=token) as client:
        print((await client.session("s").send("again").wait()).text)

asyncio.run(main())
print(sorted({name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)))
"""
_START = """
import sys
from sandbox_agent import ConnectionFailed, SandboxAgent
try:
    with SandboxAgent.start(env=dict(word.split("=", 1) for word in sys.argv[1:]), mock_pace=0) as client:
        print(client.create_session("s", agent="mock").send("hello").wait().text)
except ConnectionFailed as error:
    print(error)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    argv = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("*.whl")
    return built


def needed(names: list[str]) -> set[str]:
    """The distributions that these need, and they themselves."""
    found: set[str] = set()
    while names:
        name = names.pop().lower()
        if name in found:
            continue
        found.add(name)
        wishes = [Requirement(text) for text in distribution(name).requires or []]
        names += [wish.name for wish in wishes if wish.marker is None or wish.marker.evaluate({"extra": ""})]
    return found


def put(name: str, target: Path) -> None:
    """A copy of an installed distribution, as an offline installation of its wheel would make."""
    for file in distribution(name).files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            path = target / file
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(file.locate()), path)


def environment(folder: Path, wheel: Path, names: set[str]) -> Path:
    """The interpreter of a new environment that has the wheel and these distributions only."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    (packages,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    for name in names:
        put(name, packages)
    return folder / "bin" / "python"


def run(python: Path, folder: Path, code: str, *arguments: str) -> str:
    argv = [str(python), "-I", "-c", code, *arguments]
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
    done = subprocess.run(argv, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def declared(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        lines = re.findall(r"^Requires-Dist: (.*)$", archive.read(name).decode(), re.MULTILINE)
    wishes = [Requirement(line) for line in lines]
    return {wish.name for wish in wishes if wish.marker is None or wish.marker.evaluate({"extra": ""})}


def test_with_what_it_declares_the_wheel_runs_the_program_of_the_readme(wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "venv", wheel, needed(sorted(declared(wheel))))
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert run(python, tmp_path, block) == "hello\n-- completed\n"


@pytest.fixture(scope="module")
def client_only(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel, msgspec, httpx and what httpx needs."""
    assert set(CLIENT) < declared(wheel)
    return environment(tmp_path_factory.mktemp("client") / "venv", wheel, needed(list(CLIENT)))


def test_a_client_with_files_and_a_store_needs_two_packages_and_imports_no_other(
    client_only: Path, tmp_path: Path
) -> None:
    with SandboxAgent.start(cwd=tmp_path, data_dir=tmp_path, mock_pace=0) as client:
        said = run(client_only, tmp_path, _CLIENT, client.base_url, client.token or "").splitlines()
    assert said[:3] == ["completed from the client", "True", "again"]
    imported = set(re.findall(r"'([^']+)'", said[3])) - {"__main__", "__mp_main__"}
    assert {"httpx", "msgspec", "sandbox_agent"} <= imported
    assert imported <= {"sandbox_agent", *needed(list(CLIENT))}


def test_a_client_alone_starts_the_command_that_is_installed_elsewhere(client_only: Path, tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("sandbox-agent")
    for place in (f"PATH={command.parent}", f"SANDBOX_AGENT_BIN={command}"):
        assert run(client_only, tmp_path, _START, place) == "hello\n"


def test_a_client_alone_says_how_to_get_a_server(client_only: Path, tmp_path: Path) -> None:
    said = run(client_only, tmp_path, _START, f"HOME={tmp_path}", "PATH=/nowhere")
    assert said.startswith("Only the client is installed here")
    assert "pip install sandbox-agent-py" in said
