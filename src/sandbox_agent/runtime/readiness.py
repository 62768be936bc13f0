"""Whether the daemon could do its work now, and what is missing if not. Asks nobody beyond this machine."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from sandbox_agent.runtime.catalog import Catalog
from sandbox_agent.runtime.install import override_name
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema import api, readiness

__all__ = ["Readiness"]

SPARE_DESCRIPTORS = 64
"""A session with its agent, its files and a few readers takes about twenty."""
SPARE_BYTES = 64 * 1024 * 1024
"""What agents keep of a conversation is far less; a disk that is full to here is full soon."""
_OPEN = Path("/proc/self/fd")


class Readiness:
    """Looks at this machine each time it is asked."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self._settings = settings
        self._catalog = catalog

    async def state(self, names: Sequence[str] | None = None) -> readiness.Readiness:
        """How it stands with these agents, or with those that the daemon was started to require.

        Raises `UnsupportedAgent`.
        """
        wanted = tuple(dict.fromkeys(self._settings.require if names is None else names))
        infos = await self._catalog.infos(wanted)
        own = await asyncio.to_thread(lambda: tuple(self._own()))
        missing = (*own, *(lack for info in infos for lack in _of_agent(info)))
        return readiness.Readiness(ready=not missing, agents=tuple(_shown(info) for info in infos), missing=missing)

    def _own(self) -> Iterator[readiness.Lack]:
        """What the daemon itself lacks. Blocking."""
        folder = self._settings.data_dir
        there = next(each for each in (folder, *folder.parents) if each.exists())
        if not os.access(there, os.W_OK | os.X_OK) or not there.is_dir():
            hint = "Make it writable, or name another one with SANDBOX_AGENT_DATA_DIR."
            yield readiness.Lack(what="dataFolder", detail=f"the data folder {folder} cannot be written", hint=hint)
        elif (free := shutil.disk_usage(there).free) < SPARE_BYTES:
            detail = f"the disk of the data folder {folder} is full: {free >> 20} MiB are left"
            yield readiness.Lack(what="room", detail=detail, hint=f"Have at least {SPARE_BYTES >> 20} MiB free.")
        if (spare := _spare_descriptors()) is not None and spare < SPARE_DESCRIPTORS:
            hint = "Raise the limit of open files (ulimit -n) that the server is started with."
            yield readiness.Lack(what="descriptors", detail=f"only {spare} more files can be open", hint=hint)


def _spare_descriptors() -> int | None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY:
        return None
    try:
        return limit - len(os.listdir(_OPEN))  # noqa: PTH208 - names are enough
    except OSError:  # not every system has /proc, and there may be no descriptor to open it with
        return None if not _OPEN.exists() else 0


def _of_agent(info: api.AgentInfo) -> Iterator[readiness.Lack]:
    name = info.id
    if not info.installed:
        hint = f"sandbox-agent install-agent {name}, or name an executable with {override_name(name)}."
        yield readiness.Lack(what="agent", agent=name, detail=f"{name} is not installed", hint=hint)
    elif info.version is None:
        hint = f"Run {info.path} by hand to see why; sandbox-agent install-agent {name} --reinstall makes it anew."
        yield readiness.Lack(what="version", agent=name, detail=f"{name} does not tell its version", hint=hint)
    if not info.credentials_available:
        hint = "Give the server the key in its environment; `sandbox-agent credentials extract` shows what it finds."
        yield readiness.Lack(what="credentials", agent=name, detail=f"{name} has no credentials", hint=hint)


def _shown(info: api.AgentInfo) -> readiness.ReadyAgent:
    return readiness.ReadyAgent(
        id=info.id,
        installed=info.installed,
        credentials_available=info.credentials_available,
        version=info.version,
    )
