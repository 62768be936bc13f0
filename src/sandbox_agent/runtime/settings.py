"""What the daemon was started with. Passed by argument; there are no globals."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Settings", "default_data_dir", "home_folder"]


def home_folder(environ: Mapping[str, str]) -> Path:
    """The user's home: HOME, else what the system says; the root for a user it does not know, as in many containers."""
    if home := environ.get("HOME"):
        return Path(home)
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """The folder of everything we keep: SANDBOX_AGENT_DATA_DIR, else `sandbox-agent` in the user's data folder."""
    if explicit := environ.get("SANDBOX_AGENT_DATA_DIR"):
        return Path(explicit).absolute()
    home = environ.get("HOME")
    if sys.platform == "darwin" and home:
        return Path(home, "Library", "Application Support", "sandbox-agent")
    if xdg := environ.get("XDG_DATA_HOME"):
        return Path(xdg, "sandbox-agent")
    return Path(home, ".local", "share", "sandbox-agent") if home else Path(".sandbox-agent").absolute()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the runtime needs to know of its surroundings."""

    data_dir: Path = field(default_factory=lambda: default_data_dir(os.environ))
    directory: str = field(default_factory=os.getcwd)
    """Working directory of sessions that name none."""
    fs_root: Path | None = None
    """The folder that the file API cannot leave; without one it sees the whole disk."""
    require: tuple[str, ...] = ()
    """Agents without which the daemon is not ready."""
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    mock_pace: float = 0.02
    """Seconds between two messages of the mock agent."""
    interrupt_deadline: float = 2.0
    """Seconds an agent has to end a turn after an interrupt; then its process is killed."""
    close_grace: float = 1.0
    """Seconds between TERM and KILL of an agent process."""
