"""Installations of the daemon: each runs once however many wait for it, and all who wait hear how far it is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from sandbox_agent.adapter import Agent
from sandbox_agent.runtime.flight import Flights
from sandbox_agent.runtime.install import Installed, Installer, Order
from sandbox_agent.runtime.install.job import Step

__all__ = ["Hear", "Installs"]

Hear: TypeAlias = Callable[[Step], None]
"""Called in the event loop."""
_Key: TypeAlias = tuple[str, str | None, bool]


@dataclass
class _Audience:
    hearers: list[Hear] = field(default_factory=list[Hear])
    last: Step | None = None


class Installs:
    """Installs agents in threads."""

    def __init__(self, installer: Installer) -> None:
        self._installer = installer
        self._flights: Flights[Installed] = Flights()
        self._audiences: dict[_Key, _Audience] = {}

    @property
    def running(self) -> int:
        """How many there are now."""
        return len(self._audiences)

    async def install(
        self, agent: Agent, *, version: str | None, reinstall: bool, hear: Hear = lambda _step: None
    ) -> Installed:
        """Install, or join who does. It is given up when the last who waits is cancelled. Raises like `Installer`."""
        key = (agent.name, version, reinstall)
        audience = self._audiences.setdefault(key, _Audience())
        audience.hearers.append(hear)
        if audience.last is not None:
            hear(audience.last)
        try:
            return await self._flights.join(key, lambda: self._work(agent, key, audience))
        finally:
            audience.hearers.remove(hear)
            if not audience.hearers and self._audiences.get(key) is audience:
                del self._audiences[key]

    async def _work(self, agent: Agent, key: _Key, audience: _Audience) -> Installed:
        loop = asyncio.get_running_loop()
        given_up = threading.Event()

        def tell(step: Step) -> None:
            audience.last = step
            for hear in tuple(audience.hearers):
                hear(step)

        def report(step: Step) -> None:
            if not given_up.is_set():
                loop.call_soon_threadsafe(tell, step)

        _, version, reinstall = key
        order = Order(
            version=version, reinstall=reinstall, choose=version is None, report=report, aborted=given_up.is_set
        )
        try:
            return await asyncio.to_thread(self._installer.install, agent, order)
        finally:
            given_up.set()
