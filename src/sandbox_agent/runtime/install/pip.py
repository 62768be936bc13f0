"""The pip client, or uv's: unpacks the wheel that carries the CLI. Only wheels, so nothing of it is run."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sandbox_agent.adapter import Install
from sandbox_agent.runtime.install.clients import Package
from sandbox_agent.runtime.install.command import TimedOut, run
from sandbox_agent.runtime.install.environment import client_environment
from sandbox_agent.runtime.install.versions import version_order

__all__ = ["newest", "pip_package"]

_PIP = (
    "install",
    "--target=.",
    "--no-deps",
    "--only-binary=:all:",
    "--no-compile",
    "--no-cache-dir",
    "--no-input",
    "--disable-pip-version-check",
    "--progress-bar=off",
    "--quiet",
    "--retries=2",
)
_UV = ("pip", "install", "--target=.", "--no-deps", "--only-binary=:all:", "--no-cache", "--no-progress", "--quiet")


def pip_package(install: Install, version: str, environ: Mapping[str, str]) -> Package | None:
    """How to get that version with pip; None when there is no pip, or no wheel that is known to carry it."""
    distribution = install.pip_versions.get(version)
    if install.pip is None or distribution is None:
        return None
    client = _client(environ)
    if client is None:
        return None
    wanted = f"{install.pip}=={distribution}"
    return Package(
        source="pip",
        version=version,
        wanted=f"{wanted} (which carries {version})",
        argv=(*client, "--", wanted),
        folder=install.pip_path.removesuffix(install.executable).rstrip("/"),
    )


def newest(install: Install) -> str | None:
    """The newest version that a wheel is known to carry."""
    if install.pip is None:
        return None
    return max(install.pip_versions, key=version_order, default=None)


def _client(environ: Mapping[str, str]) -> tuple[str, ...] | None:
    if importlib.util.find_spec("pip") is not None:
        return (sys.executable, "-m", "pip", *_PIP)
    path = environ.get("PATH", "")
    python = shutil.which("python3", path=path)
    if python is not None and _has_pip(python, environ):
        return (python, "-m", "pip", *_PIP)
    uv = shutil.which("uv", path=path)
    if uv is None:
        return None
    # The portable executable is no interpreter that uv could ask.
    return (uv, *_UV) if getattr(sys, "frozen", False) else (uv, *_UV, f"--python={sys.executable}")


def _has_pip(python: str, environ: Mapping[str, str]) -> bool:
    with tempfile.TemporaryDirectory(prefix="sandbox-agent-") as folder:
        here = Path(folder)
        try:
            env = client_environment(environ, here)
            return run((python, "-m", "pip", "--version"), env=env, cwd=here, limit=20).code == 0
        except (OSError, TimedOut):
            return False
