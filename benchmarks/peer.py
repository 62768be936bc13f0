"""The daemon that ours is compared with: a pinned npm package, installed into a cache folder of the checkout."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["VERSION", "find_peer"]

VERSION = "0.4.2"
_PACKAGE = f"@sandbox-agent/cli-linux-x64@{VERSION}"
_INSTALL_SECONDS = 60


def find_peer(cache: Path) -> tuple[Path | None, str]:
    """Its executable, or None and why it is missing."""
    program = cache / "node_modules/@sandbox-agent/cli-linux-x64/bin/sandbox-agent"
    if not program.exists():
        problem = _install(cache)
        if problem:
            return None, problem
    program.chmod(0o755)
    return program, ""


def _install(cache: Path) -> str:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "it is measured on linux-x64 only"
    npm = shutil.which("npm")
    if npm is None:
        return "there is no npm to install it with"
    cache.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--prefix", str(cache), "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            [*command, _PACKAGE], capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "npm did not install it in time"
    return "" if done.returncode == 0 else f"npm could not install it: {done.stderr.strip().splitlines()[-1:]}"
