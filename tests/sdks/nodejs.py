"""Runs npm and node, and shows what they said when something fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TYPESCRIPT = ROOT / "sdks" / "typescript"
BINARY = Path(sys.executable).with_name("sandbox-agent")


def npm(folder: Path, *arguments: str) -> str:
    return run(folder, "npm", *arguments)


def run(folder: Path, *command: str, **variables: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "SANDBOX_AGENT_BIN": str(BINARY), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout
