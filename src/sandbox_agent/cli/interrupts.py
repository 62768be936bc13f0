"""Ctrl-C while a turn runs: the first one interrupts the turn, the second one ends the program."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any, Self

from sandbox_agent.client.sync_session import Session
from sandbox_agent.schema.errors import SandboxAgentError

__all__ = ["Abandoned", "Interrupts"]

_LOOK_SECONDS = 0.5


class Abandoned(Exception):
    """Nobody waits for the answer any more: the turn is being interrupted, or somebody else has answered."""


class Interrupts:
    """Handles Ctrl-C for one session. Only in the main thread."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._asking = False
        self._before: Any = None

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    @contextmanager
    def asking(self, request_id: str) -> Generator[None]:
        """While somebody is asked: raises `Abandoned` at Ctrl-C, and when the request no longer waits."""
        before = signal.signal(signal.SIGUSR1, self._abandon)
        done = threading.Event()
        watch = threading.Thread(target=self._watch, args=(request_id, done), daemon=True)
        watch.start()
        try:
            self._asking = True
            yield
        finally:
            self._asking = False
            done.set()
            watch.join()
            signal.signal(signal.SIGUSR1, before)

    def _interrupted(self, *_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # In a thread: the main thread is in the middle of reading the stream, and must go on doing so.
        threading.Thread(target=self._interrupt, daemon=True).start()
        self._abandon()

    def _abandon(self, *_: object) -> None:
        if self._asking:
            self._asking = False
            raise Abandoned

    def _interrupt(self) -> None:
        with suppress(SandboxAgentError):
            self._session.interrupt()

    def _watch(self, request_id: str, done: threading.Event) -> None:
        while not done.wait(_LOOK_SECONDS):
            try:
                session = self._session.info()
            except SandboxAgentError:
                continue
            waiting = {each.permission_id for each in session.permissions}
            waiting |= {each.question_id for each in session.questions}
            if request_id not in waiting:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
                return
