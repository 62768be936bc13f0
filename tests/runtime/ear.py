"""What the tests of links share: a sink that remembers, small programs, and a way to see processes end."""

from __future__ import annotations

import asyncio
import os
import select
import sys
from collections.abc import Callable, Mapping

from sandbox_agent.adapter import Exited, Spawn
from sandbox_agent.adapter.frames import LineTooLong

PATIENCE = 30.0
"""Seconds that a test waits for what must happen; never reached when all is well."""

ORPHAN = """
import os, sys, time
def orphan(*keep):
    "A double-forked process in a session of its own; its pid."
    r, w = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for fd in range(3):
                if fd not in keep:
                    os.close(fd)
            os.write(w, str(os.getpid()).encode())
            time.sleep(1000)
        os._exit(0)
    os.wait()
    return os.read(r, 20).decode()
def say(*words):
    print(*words, flush=True)
"""


class Ear:
    """A sink that fails the test when a link breaks its promises."""

    def __init__(self) -> None:
        self.lines: list[bytes | LineTooLong] = []
        self.exit: Exited | None = None
        self._news = asyncio.Event()

    def received(self, lines: list[bytes | LineTooLong]) -> None:
        assert lines
        assert self.exit is None, "a line after the exit"
        self.lines += lines
        self._news.set()

    def exited(self, exit: Exited) -> None:
        assert self.exit is None, "a second exit"
        self.exit = exit
        self._news.set()

    async def news(self) -> None:
        """Wait for a line or the exit."""
        self._news.clear()
        await self._news.wait()

    async def gone(self) -> Exited:
        """Wait for the exit."""
        async with asyncio.timeout(PATIENCE):
            while self.exit is None:
                self._news.clear()
                await self._news.wait()
        return self.exit

    async def hear(self, count: int) -> list[bytes]:
        """Wait for so many lines."""
        async with asyncio.timeout(PATIENCE):
            while len(self.lines) < count:
                assert self.exit is None, f"gone after {self.lines!r}: {self.exit}"
                self._news.clear()
                await self._news.wait()
        return [line for line in self.lines if isinstance(line, bytes)]


def python(code: str, *arguments: str, env: Mapping[str, str] | None = None, cwd: str = "/") -> Spawn:
    """Runs Python code that may use `orphan` and `say`."""
    argv = (sys.executable, "-I", "-S", "-c", ORPHAN + code, *arguments)
    return Spawn(argv=argv, env=dict(env or {}), cwd=cwd)


class Watch:
    """Holds on to a process, so that its end can be waited for, whoever its parent is."""

    def __init__(self, pid: int | bytes | str) -> None:
        self.pid = int(pid)
        self._handle = os.pidfd_open(self.pid)

    @property
    def alive(self) -> bool:
        return not self._ended(0)

    def ended(self) -> bool:
        """Wait for the end."""
        return self._ended(PATIENCE)

    def forget(self) -> None:
        os.close(self._handle)

    def _ended(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._handle, select.POLLIN)
        return bool(poll.poll(seconds * 1000))


async def eventually(true: Callable[[], bool]) -> None:
    """Wait for what tells nobody when it happens."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - what we wait for is in another process
            await asyncio.sleep(0.005)
