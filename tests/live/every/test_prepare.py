"""`prepare` with the real agents: each answers, and nothing of it remains."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.live.daemon import clean_environ

from .conftest import NAMES

PATIENCE = 300
COMMAND = [sys.executable, "-m", "sandbox_agent", "prepare", "--json"]


def contents(folder: Path) -> set[str]:
    """Everything in it, but what other tests may be changing."""
    return {str(path) for path in folder.rglob("*") if "private" not in path.parts}


def test_every_agent_answers_and_leaves_nothing_in_the_home(everything: Path, tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.mkdir()
    temporary.mkdir()
    own = {"SANDBOX_AGENT_DATA_DIR": str(everything), "TMPDIR": str(temporary), "ANTHROPIC_API_KEY": "sk-real"}
    before = contents(everything)
    argv = [*COMMAND, *NAMES]
    done = subprocess.run(
        argv, env={**clean_environ(home), **own}, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["ready"]
    assert [each["agent"] for each in told["agents"]] == list(NAMES)
    assert not any(each["installed"] for each in told["agents"]), "they were installed before"
    assert all(each["version"] and each["turn_seconds"] > 0 for each in told["agents"])
    assert contents(everything) == before
    assert contents(home) == set()
    assert contents(temporary) == set()
