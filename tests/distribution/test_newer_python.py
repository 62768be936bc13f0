"""The wheel with a newer Python than the one that everything else is tested with: 3.13, of Debian 13."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .conftest import CACHE, ROOT, Machine

VERSION = "3.13"
SUITE = "trixie"
PACKAGES = "/packages"
_EVERYTHING = """
import importlib, pkgutil, sandbox_agent
names = [each.name for each in pkgutil.walk_packages(sandbox_agent.__path__, "sandbox_agent.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names))
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our wheel, and the pinned ones that it needs there."""
    folder = tmp_path_factory.mktemp("wheels")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=300)
    fetch = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-q", "-d", str(folder)]
    fetch += ["--python-version", VERSION, "--only-binary=:all:", "--no-deps", "--require-hashes"]
    subprocess.run([*fetch, "-r", "requirements/runtime.txt"], cwd=ROOT, check=True, capture_output=True, timeout=300)
    return folder


@pytest.fixture(scope="module")
def machine(wheels: Path) -> Machine:
    """A minimal Debian with its own Python and our wheel."""
    root = CACHE / SUITE
    if not (root / "complete").exists():
        sources = Path("/etc/apt/sources.list.d/debian.sources").read_text()
        (mirror, *_) = re.findall(r"^URIs: (\S+)", sources, re.MULTILINE)
        shutil.rmtree(root, ignore_errors=True)
        root.parent.mkdir(parents=True, exist_ok=True)
        made = subprocess.run(
            ["debootstrap", "--variant=minbase", "--include=python3", SUITE, str(root), mirror],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert made.returncode == 0, made.stdout[-2000:]
        (root / "data").mkdir()
        (root / "complete").touch()
    packages = root / PACKAGES.strip("/")
    shutil.rmtree(packages, ignore_errors=True)
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(packages)
    return Machine(root)


def run(machine: Machine, code: str) -> str:
    """What a program prints there, in which a warning is an error."""
    words = ["HOME=/data", f"PYTHONPATH={PACKAGES}", "PYTHONDONTWRITEBYTECODE=1", "python3", "-W", "error", "-c", code]
    done = machine.run(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_the_python_that_this_is_about(machine: Machine) -> None:
    assert run(machine, "import sys; print('%d.%d' % sys.version_info[:2])").strip() == VERSION


def test_every_module_can_be_imported_without_a_warning(machine: Machine) -> None:
    assert int(run(machine, _EVERYTHING)) > 200


def test_the_program_of_the_readme_runs(machine: Machine) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert run(machine, block) == "hello\n-- completed\n"
