"""Which command runs a daemon of our own: the one that is named, this interpreter, or an installed one."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from sandbox_agent.schema.errors import ConnectionFailed

__all__ = ["find_daemon"]

_NAMED = "SANDBOX_AGENT_BIN"
_COMMAND = "sandbox-agent"
_OF_A_SERVER = ("httptools", "uvicorn")
_HELP = (
    "Install the server's packages too with `pip install sandbox-agent-py`, or the command `sandbox-agent` with uv, "
    f"pipx or as the portable executable, or name it in {_NAMED}."
)


def find_daemon(environ: Mapping[str, str]) -> list[str]:
    """The first words of a command line that runs `sandbox-agent`; its own arguments follow.

    In this order: what SANDBOX_AGENT_BIN names; this interpreter, unless only the client is installed here; the command
    on PATH, or where `install.sh` puts it. Raises `ConnectionFailed` that says how to get it.
    """
    if named := environ.get(_NAMED):
        if not _is_executable(Path(named)):
            raise ConnectionFailed(f"{_NAMED} is {named}, which is not there or not executable. {_HELP}")
        return [str(Path(named).absolute())]
    if getattr(sys, "frozen", False) or all(find_spec(name) for name in _OF_A_SERVER):
        # -P: a folder in which an agent works must not be able to stand in for our modules.
        return [sys.executable, "-P", "-m", "sandbox_agent"]
    for folder in _folders(environ):
        path = folder / _COMMAND
        # npm's wrapper would not hand our listening socket on; the command that it runs is somewhere else.
        if _is_executable(path) and path.resolve().suffix != ".js":
            return [str(path.absolute())]
    raise ConnectionFailed(f"Only the client is installed here, and there is no command {_COMMAND} on PATH. {_HELP}")


def _folders(environ: Mapping[str, str]) -> Iterator[Path]:
    """Where the command may be, except next to this interpreter: that one would lack the same packages."""
    home = Path(environ.get("HOME") or "/")
    own = Path(sysconfig.get_path("scripts")).resolve()
    named = environ.get("XDG_BIN_HOME") or home / ".local" / "bin"
    for folder in [*map(Path, filter(None, environ.get("PATH", "").split(os.pathsep))), Path(named)]:
        if folder.resolve() != own:
            yield folder


def _is_executable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
