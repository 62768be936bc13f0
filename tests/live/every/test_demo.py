"""`make demo AGENT=...` shows a whole turn, without a key and without a network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.live.conftest import CHECKOUT
from tests.live.daemon import PATIENCE, clean_environ

from .conftest import NAMES

NOT_ANSWERED = 3
"""What `sandbox-agent run` returns when a question had nobody to answer it; Amp asks none."""


@pytest.mark.parametrize("agent", NAMES)
def test_the_demo_of_each_agent_writes_a_program_runs_it_and_asks_where_it_can(
    everything: Path, agent: str, tmp_path: Path
) -> None:
    assert everything.exists()
    words = [sys.executable, str(CHECKOUT / "scripts" / "demo.py"), agent]
    ran = subprocess.run(
        words, env=clean_environ(tmp_path), capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=PATIENCE
    )
    said = ran.stdout.decode()
    assert ran.returncode == (0 if agent == "amp" else NOT_ANSWERED), said
    for each in (
        "Hello! I am a scripted model",
        "hello.py",
        "Hello, world!",
        "goodbye" if agent == "amp" else "One question",
    ):
        assert each in said
    assert "✗" not in said.replace("✗ The user did not answer.", "").replace("✗ The user dismissed", "")
