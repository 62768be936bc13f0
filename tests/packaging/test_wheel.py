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
import sys
from sandbox_agent import SandboxAgent, SQLiteStore
with SQLiteStore("kept.db") as store, SandboxAgent.connect(sys.argv[1], token=sys.argv[2], store=store) as client:
    print(client.create_session("s", agent="mock").send("hello").wait().text, store.last("s", store.logs("s")[0]) > 3)
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


def test_a_client_with_a_store_needs_two_packages(wheel: Path, tmp_path: Path) -> None:
    assert set(CLIENT) < declared(wheel)
    python = environment(tmp_path / "venv", wheel, needed(list(CLIENT)))
    with SandboxAgent.start(data_dir=tmp_path, mock_pace=0) as client:
        assert run(python, tmp_path, _CLIENT, client.base_url, client.token or "") == "hello True\n"
