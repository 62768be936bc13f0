"""Runs one short command and waits for it, in a thread: with a time limit, bounded output, and a way to give up."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

__all__ = ["Aborted", "Finished", "TimedOut", "run"]

KEPT = 16_384
"""Bytes kept of the end of stdout and of stderr."""


class TimedOut(Exception):
    """The command took longer than it may."""


class Aborted(Exception):
    """Nobody waits for the result any more."""


@dataclass(frozen=True)
class Finished:
    """What a command left behind."""

    code: int
    """Negative: ended by that signal."""
    stdout: str
    stderr: str


class _Tail(threading.Thread):
    """Reads a pipe to its end and keeps the last of it, so that a flood fills neither pipe nor memory."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._guard = threading.Lock()
        self.start()

    def run(self) -> None:
        with self._pipe:
            while chunk := os.read(self._pipe.fileno(), KEPT):
                with self._guard:
                    self._chunks.append(chunk)
                    self._size += len(chunk)
                    while self._size - len(self._chunks[0]) >= KEPT:
                        self._size -= len(self._chunks.popleft())

    def text(self) -> str:
        # A grandchild may hold the pipe open for ever; what came so far must do then.
        self.join(timeout=1)
        with self._guard:
            return b"".join(self._chunks)[-KEPT:].decode(errors="replace")


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    limit: float,
    aborted: Callable[[], bool] = lambda: False,
    tick: Callable[[], None] = lambda: None,
) -> Finished:
    """Run `argv` in a process group of its own; at the end of the wait nothing of a group we gave up is left.

    `limit`: seconds. `tick` is called about five times a second. Raises `TimedOut`, `Aborted`, and `OSError` when
    the program cannot be started.
    """
    deadline = time.monotonic() + limit
    process = subprocess.Popen(
        argv,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    if process.stdout is None or process.stderr is None:  # for the type checker: both are pipes
        raise AssertionError
    out, err = _Tail(process.stdout), _Tail(process.stderr)
    try:
        while True:
            try:
                code = process.wait(timeout=0.2)
                return Finished(code, out.text(), err.text())
            except subprocess.TimeoutExpired:
                tick()
            if aborted():
                raise Aborted
            if time.monotonic() > deadline:
                raise TimedOut
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
