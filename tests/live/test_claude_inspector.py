"""The main flow in the browser with the real Claude Code: created, asked, allowed, answered, seen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sandbox_agent.testing import ScriptedModel, load_script

from .daemon import LiveDaemon

CHECKOUT = Path(__file__).parents[2]
INSPECTOR = CHECKOUT / "inspector"


def test_a_turn_of_claude_code_is_seen_and_steered_in_the_browser(installed: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "scripts/inspector.py", "--strict"], cwd=CHECKOUT, check=True, timeout=600)
    place = tmp_path / "project"
    place.mkdir()
    with ScriptedModel(load_script("demo")) as model:
        daemon = LiveDaemon(tmp_path / "home", installed, model.env)
        try:
            done = subprocess.run(
                ["npm", "run", "--silent", "test:claude"],
                cwd=INSPECTOR,
                env={**os.environ, "SERVER": daemon.url, "DIRECTORY": str(place)},
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
        finally:
            daemon.close()
    assert "all seen" in done.stdout, done.stdout + done.stderr
