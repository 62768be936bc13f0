"""The mark this daemon puts on all it starts, and the guardian that outlives the daemon to clean up.

A process can be killed before it cleans up; another process must do it then. There is one guardian for the life of
the daemon, started before the first agent.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import itertools
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence

from sandbox_agent.runtime import guardian
from sandbox_agent.runtime.link import LinkFailed
from sandbox_agent.runtime.lookout import Lookout

__all__ = ["Owner", "this_daemon"]

RESTART_PAUSE = 0.1
"""Seconds before a guardian that died is replaced."""


class Owner:
    """Owns the processes of one daemon."""

    def __init__(self) -> None:
        self.token = secrets.token_hex(8)
        self.lookout = Lookout()
        self._numbers = itertools.count(1)
        self._folders: list[bytes] = []
        self._lock = threading.Lock()
        self._guardian: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep, name="guardian", daemon=True)
        self._closed = threading.Event()

    @property
    def guardian_pid(self) -> int | None:
        """Process id of the guardian, once there is one."""
        return None if self._guardian is None else self._guardian.pid

    def mark(self, environ: Mapping[str, str]) -> tuple[str, str]:
        """A new owner, and the value of its mark: below the mark that the daemon itself carries in `environ`."""
        owner = f"{self.token}.{next(self._numbers)}"
        above = environ.get(guardian.MARK)
        return owner, f"{above}:{owner}" if above else owner

    def guard(self) -> None:
        """Make sure that the guardian runs. Raises `LinkFailed` when it cannot be started."""
        with self._lock:
            if self._guardian is not None:
                return
            try:
                self._guardian = self._start()
            except OSError as error:
                reason = f"the process that cleans up after the daemon cannot be started: {error}"
                raise LinkFailed(reason) from error
            self._keeper.start()
        atexit.register(self.close)

    def take_along(self, folder: str | os.PathLike[str]) -> None:
        """A folder that must not outlive the daemon: the guardian removes it after the processes. Thread-safe."""
        with self._lock:
            self._folders.append(os.fsencode(folder))
            if self._guardian is not None:
                _tell(self._guardian, self._folders[-1:])

    async def count(self) -> int:
        """How many processes there are that this daemon started for its agents, and those they started."""
        if self._guardian is None:
            return 0
        return await self.lookout.ask(lambda table: len(guardian.find(guardian.Target(self.token), table)))

    def close(self) -> None:
        """Let the guardian go; it kills what is left and ends."""
        atexit.unregister(self.close)
        self._closed.set()
        with self._lock:
            if self._guardian is not None:
                _release(self._guardian)
        if self._keeper.is_alive():
            self._keeper.join(guardian.LIMIT)

    def _start(self) -> subprocess.Popen[bytes]:
        environ = {name: value for name, value in os.environ.items() if name != guardian.MARK}
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", *_GUARDIAN, self.token],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd="/",
            env=environ,
            start_new_session=True,
        )
        _tell(process, self._folders)
        return process

    def _keep(self) -> None:
        """Replace a guardian that died. Ends with the daemon."""
        while True:
            if self._guardian is not None:
                self._guardian.wait()
                _release(self._guardian)
            if self._closed.wait(RESTART_PAUSE):
                return
            with self._lock, contextlib.suppress(OSError):  # no process to spare: tried again
                self._guardian = self._start()


# In the portable executable no module is a file, but all of them can be imported without site-packages.
_GUARDIAN = ("-m", guardian.__name__) if getattr(sys, "frozen", False) else (guardian.__file__,)


def _tell(process: subprocess.Popen[bytes], folders: Sequence[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):  # it died; the next one is told of all
            process.stdin.write(b"".join(folder + b"\0" for folder in folders))


def _release(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()


@functools.cache
def _owner_of(pid: int) -> Owner:
    del pid
    return Owner()


def this_daemon() -> Owner:
    """The owner of this process. A fork is a daemon of its own."""
    return _owner_of(os.getpid())
