"""The npm client: installs the one package of this platform, and runs none of its scripts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from sandbox_agent.adapter import Install
from sandbox_agent.runtime.install.clients import Package

__all__ = ["npm_command", "npm_package"]

_MANAGERS: Mapping[str, str] = {
    "apt-get": "apt-get install -y npm",
    "apk": "apk add npm",
    "dnf": "dnf install -y npm",
    "brew": "brew install node",
}
"""By the program that is on PATH: what brings npm."""

# Of its own cache, so that a broken or foreign one of the user cannot fail the installation, and nothing is left.
_OPTIONS = (
    "--prefix=.",
    "--cache=../npm-cache",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-progress",
    "--no-save",
    "--no-package-lock",
    "--global=false",
    "--loglevel=error",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
)


def npm_package(install: Install, version: str, platform: str, environ: Mapping[str, str]) -> Package | None:
    """How to get that version with npm; None when there is no npm, or no package for this platform."""
    npm, name = shutil.which("npm", path=environ.get("PATH", "")), install.npm.get(platform)
    if npm is None or name is None:
        return None
    wanted = f"{name}@{version}{install.npm_suffix.get(platform, '')}"
    folder = f"node_modules/{name}/{install.npm_path.get(platform, '')}".rstrip("/")
    return Package(
        source="npm",
        version=version,
        wanted=wanted,
        argv=(npm, "install", *_OPTIONS, "--", wanted),
        folder=folder,
    )


def npm_command(environ: Mapping[str, str]) -> str:
    """How npm is installed on this machine, in brackets; empty where nobody knows."""
    path = environ.get("PATH", "")
    return next((f" ({_MANAGERS[name]})" for name in _MANAGERS if shutil.which(name, path=path)), "")
