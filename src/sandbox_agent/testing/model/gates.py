"""Where a stalled reply waits, and how any thread can see what the model was asked."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox_agent.testing.model.request import ModelRequest

__all__ = ["Gates", "Requests"]


class Gates:
    """Named gates; each release lets one stalled reply go on, also one that comes later. One loop only."""

    def __init__(self) -> None:
        self._gates: dict[str, asyncio.Semaphore] = {}

    async def passed(self, name: str) -> None:
        """Wait for a release of this name."""
        await self._gate(name).acquire()

    def release(self, name: str) -> None:
        """Let one through."""
        self._gate(name).release()

    def _gate(self, name: str) -> asyncio.Semaphore:
        return self._gates.setdefault(name, asyncio.Semaphore(0))


class Requests:
    """The requests seen so far. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: list[ModelRequest] = []
        self._waiting: list[tuple[Callable[[ModelRequest], bool], Future[ModelRequest]]] = []

    def add(self, request: ModelRequest) -> None:
        """Note a request and tell those who wait for it."""
        with self._lock:
            self._seen.append(request)
            waiting = self._waiting
            self._waiting = []
            for wanted, future in waiting:
                if not _settled(wanted, future, request):
                    self._waiting.append((wanted, future))

    def all(self) -> tuple[ModelRequest, ...]:
        """Everything so far, in order."""
        with self._lock:
            return tuple(self._seen)

    def future(self, wanted: Callable[[ModelRequest], bool]) -> Future[ModelRequest]:
        """The first request, seen already or still to come, for which `wanted` is true."""
        future: Future[ModelRequest] = Future()
        with self._lock:
            if not any(_settled(wanted, future, request) for request in self._seen):
                self._waiting.append((wanted, future))
        return future


def _settled(wanted: Callable[[ModelRequest], bool], future: Future[ModelRequest], request: ModelRequest) -> bool:
    if future.cancelled():
        return True
    try:
        if not wanted(request):
            return False
    except Exception as problem:  # noqa: BLE001 - the one who waits must learn of it, not the server
        future.set_exception(problem)
    else:
        future.set_result(request)
    return True
