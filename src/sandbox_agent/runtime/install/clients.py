"""What the package clients have in common: one command that puts a folder with the agent's CLI into another folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox_agent.runtime.install.command import TimedOut, run
from sandbox_agent.runtime.install.environment import client_environment
from sandbox_agent.runtime.install.failures import Failure, read_failure

__all__ = ["Package", "fetch"]

LIMIT = 900.0
"""Seconds a package client may take."""


@dataclass(frozen=True)
class Package:
    """One way to get one version of an agent's CLI."""

    source: str
    """npm or pip."""
    version: str
    """Of the CLI."""
    wanted: str
    """The package and its version, for people."""
    argv: tuple[str, ...]
    """Run in an empty folder; brings the package there."""
    folder: str
    """Where, below that folder, the files are that make up the CLI."""


def fetch(
    package: Package,
    scratch: Path,
    *,
    environ: Mapping[str, str],
    aborted: Callable[[], bool],
    tick: Callable[[], None],
) -> Path:
    """Let the client bring a package into `scratch`; gives the folder of the CLI. Raises `Failure`."""
    target = scratch / package.source
    temporary = scratch / "tmp"
    for folder in (target, temporary):
        folder.mkdir(exist_ok=True)
    client, env = package.source, client_environment(environ, temporary)
    try:
        finished = run(package.argv, env=env, cwd=target, limit=LIMIT, aborted=aborted, tick=tick)
    except TimedOut:
        raise Failure(f"{client} was not done within {LIMIT:g} s", elsewhere=True) from None
    except OSError as error:
        raise Failure(f"{client} cannot be started: {error}", elsewhere=True) from error
    if finished.code:
        said = f"{finished.stdout}\n{finished.stderr}".strip()
        raise read_failure(said, client=client, wanted=package.wanted, code=finished.code)
    folder = target / package.folder
    if not folder.is_dir():
        raise Failure(f"{package.wanted} has no folder {package.folder}", stderr=finished.stderr, elsewhere=True)
    return folder
