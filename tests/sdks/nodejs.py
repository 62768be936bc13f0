"""Runs npm and node, and shows what they said when something fails."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TYPESCRIPT = ROOT / "sdks" / "typescript"
BINARY = Path(sys.executable).with_name("sandbox-agent")


def npm(folder: Path, *arguments: str) -> str:
    return run(folder, "npm", *arguments)


def run(folder: Path, *command: str, **variables: str) -> str:
    done = _done(folder, command, variables, timeout=300)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


def pass_tests(folder: Path, at_least: int, **variables: str) -> None:
    """Run a package's own tests, none of which may be skipped; of a failure, show only what failed."""
    done = _done(folder, ("npm", "run", "--silent", "test"), variables, timeout=900)
    assert done.returncode == 0, without_successes(done.stdout) + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed is not None, done.stdout
    assert int(passed[1]) >= at_least
    assert "# skipped 0" in done.stdout


def without_successes(tap: str) -> str:
    """What a runner of Node's says (TAP), less the tests that went well."""
    return re.sub(r"^( *)# Subtest: .*\n\1ok .*\n\1  ---\n(?:\1  .*\n)*?\1  \.\.\.\n", "", tap, flags=re.MULTILINE)


def _done(
    folder: Path, command: tuple[str, ...], variables: dict[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "SANDBOX_AGENT_BIN": str(BINARY), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
