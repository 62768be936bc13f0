"""Runs OpenCode's own SDK, as it is published, against a daemon."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from .nodejs import ROOT, run

FOLDER = Path(__file__).with_name("opencode")


@cache
def installed() -> Path:
    """The folder of the script, with the SDK in it."""
    name = FOLDER.relative_to(ROOT).as_posix()
    subprocess.run([sys.executable, "scripts/npm.py", name], cwd=ROOT, check=True, timeout=300)
    return FOLDER


def drive(scenario: str, url: str, *arguments: str, **variables: str) -> dict[str, Any]:
    """What a scenario of `opencode/drive.mjs` saw."""
    said = run(installed(), "node", "drive.mjs", scenario, url, *arguments, **variables)
    found: dict[str, Any] = json.loads(said)
    return found
