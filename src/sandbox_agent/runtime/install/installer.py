"""Gets an agent's CLI onto this machine and finds it again. Blocking: async callers use a thread."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from sandbox_agent.adapter import Agent, Install
from sandbox_agent.runtime.install.command import Aborted
from sandbox_agent.runtime.install.failures import Failure, from_os_error
from sandbox_agent.runtime.install.job import Installed, Job, Order, override_name
from sandbox_agent.runtime.install.platform import detect_platform
from sandbox_agent.runtime.install.store import Store
from sandbox_agent.runtime.install.versions import is_version
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema.errors import AgentNotInstalled, InstallFailed, InvalidRequest

__all__ = ["Found", "Installer"]

_STDERR_LIMIT = 4_000
"""Characters of a client's words that a problem carries."""


@dataclass(frozen=True)
class Found:
    """An executable that is there."""

    path: Path
    version: str | None = None
    """None: only the executable itself can tell."""


class Installer:
    """Installs and finds the CLIs of agents."""

    def __init__(self, settings: Settings, *, platform: str | None = None) -> None:
        self._settings = settings
        self._platform = platform or detect_platform()

    def find(self, agent: Agent, version: str | None = None) -> Found | None:
        """The executable to run, or None. Raises `AgentNotInstalled` when the environment names one that is not there.

        In this order: SANDBOX_AGENT_<AGENT>_BIN; the version asked for; else the current version, else PATH.
        """
        install, environ = _record(agent), self._settings.environ
        if named := environ.get(override_name(agent.name)):
            return Found(_named(agent, named))
        store = Store(self._settings.data_dir, agent.name, install.executable)
        wanted = version or store.current()
        if wanted is not None and (path := store.find(wanted)):
            return Found(path, wanted)
        if version is not None:
            return None
        on_path = shutil.which(Path(install.executable).name, path=environ.get("PATH", ""))
        return Found(Path(on_path).absolute()) if on_path else None

    def install(self, agent: Agent, order: Order) -> Installed:
        """Install what is ordered, unless it is there.

        Raises `InstallFailed`, with a hint where there is one, and `InvalidRequest` for what cannot be a version.
        """
        # More than a matter of form: npm also takes URLs and other packages' names in its place.
        if order.version is not None and not is_version(order.version):
            hint = "Ask for an exact version, such as 2.1.197."
            raise InvalidRequest(f"{order.version!r} is no version", agent=agent.name, hint=hint)
        with _reported(agent.name):
            return Job(self._settings, self._platform, agent.name, _record(agent), order).run()


def _record(agent: Agent) -> Install:
    if agent.install is None:
        raise AgentNotInstalled(agent.name, agent=agent.name, hint=f"{agent.name} needs no installation.")
    return agent.install


def _named(agent: Agent, named: str) -> Path:
    path = Path(named).expanduser().absolute()
    if path.is_file() and os.access(path, os.X_OK):
        return path
    hint = f"{override_name(agent.name)} names {path}, which is not an executable file."
    raise AgentNotInstalled(agent.name, agent=agent.name, hint=hint)


@contextlib.contextmanager
def _reported(agent: str) -> Generator[None]:
    """Whatever goes wrong, as the one error that the API knows for it."""
    try:
        yield
    except Aborted:
        raise InstallFailed(f"{agent}: given up, nobody waits for it", agent=agent) from None
    except OSError as error:
        raise _failed(agent, from_os_error(error)) from error
    except Failure as failure:
        raise _failed(agent, failure) from failure


def _failed(agent: str, failure: Failure) -> InstallFailed:
    details = {"stderr": failure.stderr[-_STDERR_LIMIT:]} if failure.stderr else None
    return InstallFailed(f"{agent}: {failure}", agent=agent, details=details, hint=failure.hint or None)
