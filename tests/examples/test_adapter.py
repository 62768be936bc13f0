"""The agent of docs/adapters.md keeps the contract, and works once it is installed beside the daemon."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox_agent.adapter import Agent
from sandbox_agent.adapter.testing import check_agent

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "adapter"
PAGE = ROOT / "docs" / "adapters.md"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the example, as it would into an environment."""
    source = tmp_path_factory.mktemp("source") / "adapter"
    shutil.copytree(EXAMPLE, source)
    folder = tmp_path_factory.mktemp("installed")
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, "--target", folder, source], check=True)
    return folder


def run(installed: Path, home: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox_agent", *arguments],
        env={**os.environ, "HOME": str(home), "PYTHONPATH": str(installed)},
        cwd=home,
        stdin=subprocess.DEVNULL,
        timeout=60,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_keeps_the_contract(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(installed))
    agent = __import__("parrot_agent").AGENT
    assert isinstance(agent, Agent)
    check_agent(agent, sorted((EXAMPLE / "recordings").glob("*.jsonl")))


def test_an_agent_that_is_installed_answers(installed: Path, tmp_path: Path) -> None:
    assert "hello there" in run(installed, tmp_path, "run", "parrot", "hello there")


def test_its_permissions_are_those_of_every_agent(installed: Path, tmp_path: Path) -> None:
    said = run(installed, tmp_path, "run", "parrot", "HELLO", "--permission-mode", "bypass", "--json")
    types = [json.loads(line)["type"] for line in said.splitlines()]
    assert "permission.requested" in types
    assert "permission.resolved" in types
    assert "HELLO" in said


def test_without_it_there_is_no_such_agent(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="parrot"):
        run(tmp_path, tmp_path, "run", "parrot", "hello there")


def test_the_page_shows_the_adapter_as_it_is() -> None:
    shown = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    source = (EXAMPLE / "parrot_agent" / "__init__.py").read_text()
    assert shown
    assert all(part.strip() in source for part in shown[:-1])


def test_the_adapter_takes_less_than_a_hundred_lines() -> None:
    assert len((EXAMPLE / "parrot_agent" / "__init__.py").read_text().splitlines()) < 100
