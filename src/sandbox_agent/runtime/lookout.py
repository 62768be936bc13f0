"""Looks at the table of processes for all who ask, off the event loop.

A look costs milliseconds. A hundred sessions that close together share each look instead of queueing for a hundred.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeAlias, TypeVar

from sandbox_agent.runtime import guardian
from sandbox_agent.runtime.guardian import Running

__all__ = ["Lookout"]

T = TypeVar("T")
Table: TypeAlias = Mapping[int, Running]


class Lookout:
    """One thread that looks, started with the first question."""

    def __init__(self) -> None:
        self._asked: SimpleQueue[tuple[Callable[[Table], Any], Future[Any]]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    async def ask(self, question: Callable[[Table], T]) -> T:
        """What `question` says of a table that is taken after this call; it runs in the thread."""
        answer: Future[T] = Future()
        self._asked.put((question, answer))
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="lookout", daemon=True)
                self._thread.start()
        return await asyncio.wrap_future(answer)

    def _look(self) -> None:
        while True:
            asked = [self._asked.get()]
            while not self._asked.empty():
                asked.append(self._asked.get())
            table = guardian.processes()
            for question, answer in asked:
                if not answer.set_running_or_notify_cancel():
                    continue
                try:
                    result = question(table)
                except Exception as error:  # noqa: BLE001 - it belongs to the one who asked
                    answer.set_exception(error)
                else:
                    answer.set_result(result)
