"""Starts an agent program and ends it together with everything it started.

The end of a program is learned from the system, never from the end of its output: a grandchild may keep that open.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Collection, Mapping
from io import FileIO
from pathlib import Path

from sandbox_agent.adapter import Spawn
from sandbox_agent.runtime import guardian
from sandbox_agent.runtime.guardian import Running, Target
from sandbox_agent.runtime.link import LinkFailed
from sandbox_agent.runtime.lookout import Lookout
from sandbox_agent.runtime.owner import this_daemon

__all__ = ["Process", "no_directory", "start"]

PIPE_BYTES = 256 * 1024
"""Asked for the agent's output: one read of ours. A larger pipe is slower, because it outgrows the processor's cache,
and eats up the pages that a user may have in pipes; beyond these Linux hands out pipes of two pages."""
SWEEP_LIMIT = 3.0
"""Seconds after which we give up on processes that even KILL does not end."""
LAST_WAIT = 0.2
"""Seconds for which the loop is held up by a program that must end now; usually it takes a few milliseconds."""


def start(spawn: Spawn, environ: Mapping[str, str]) -> Process:
    """Start the program of `spawn` from within the event loop. `environ` is the daemon's own.

    Raises `LinkFailed`, with a sentence that says what to do.
    """
    if not spawn.argv:
        raise LinkFailed("there is no program to start")
    daemon = this_daemon()
    daemon.guard()
    owner, mark = daemon.mark(environ)
    try:
        popen = subprocess.Popen(
            spawn.argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=spawn.cwd,
            env={guardian.MARK: mark, **{k: v for k, v in spawn.env.items() if k != guardian.MARK}},
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise LinkFailed(_why(error, spawn)) from error
    return Process(popen, owner, daemon.lookout)


class Process:
    """A running program, the leader of its own session. Belongs to the loop it was started in."""

    def __init__(self, popen: subprocess.Popen[bytes], owner: str, lookout: Lookout) -> None:
        self._popen = popen
        self._loop = asyncio.get_running_loop()
        self._lookout = lookout
        self._target = Target(owner, popen.pid)
        self._handle: int | None = None
        self.gone: asyncio.Future[None] = self._loop.create_future()
        """Done as soon as the program itself has ended, whatever it left behind."""
        self.stdin, self.stdout, self.stderr = (_pipe(each) for each in (popen.stdin, popen.stdout, popen.stderr))
        _enlarge(self.stdout)
        self._watch()

    @property
    def pid(self) -> int:
        """Process id, also id of its group and session."""
        return self._popen.pid

    async def remember(self) -> None:
        """Note what descends from it now, before it may end: orphans lose their parents' trace."""
        found = await self._lookout.ask(lambda table: guardian.find(self._target, table))
        self._target = self._target._replace(seen=tuple(found.values()))

    def terminate(self) -> None:
        """Ask the group to end."""
        if self._popen.returncode is None:
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGTERM)

    async def end_marked(self, marks: Collection[str]) -> bool:
        """Kill what was started for one of those who share the program; False when that takes too long."""
        owners = frozenset(f"{self._target.owner}.{mark}" for mark in marks)

        def kill(table: Mapping[int, Running]) -> int:
            there = owners.intersection(owner for each in table.values() for owner in each.owners)
            return sum(guardian.kill_found(Target(owner), table) for owner in there)

        return await self._until_empty(kill)

    async def kill(self) -> int:
        """Kill everything that is there now, and how many that were. `sweep` finds what escapes."""
        return await self._lookout.ask(lambda table: guardian.kill_found(self._target, table))

    async def sweep(self) -> bool:
        """Kill until nothing is left; False when that takes too long."""
        return await self._until_empty(lambda table: guardian.kill_found(self._target, table))

    async def _until_empty(self, kill: Callable[[Mapping[int, Running]], int]) -> bool:
        deadline = self._loop.time() + SWEEP_LIMIT
        empty, pause = 0, 0.002
        while empty < guardian.EMPTY_LOOKS:
            if self._loop.time() > deadline:
                return False
            empty = 0 if await self._lookout.ask(kill) else empty + 1
            if empty < guardian.EMPTY_LOOKS:
                await asyncio.sleep(pause)
                pause = min(pause * 2, 0.05)
        return True

    def release(self) -> int | None:
        """Let go of the program and its pipes; what it returned, None when it still runs.

        Kills once more a program that nobody has seen ending, because it resists or because the loop goes down.
        """
        if self._handle is not None:
            self._loop.remove_reader(self._handle)
            os.close(self._handle)
            self._handle = None
        for each in (self.stdin, self.stdout, self.stderr):
            each.close()
        if not self.gone.done():
            guardian.kill_found(self._target, guardian.processes())
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(LAST_WAIT)
        return self._popen.poll()

    def _watch(self) -> None:
        """Not reaped before `release`: until then the ids of the group cannot pass to others."""
        try:
            self._handle = os.pidfd_open(self.pid)
        except (AttributeError, OSError):  # not Linux, or a kernel before 5.3
            threading.Thread(target=self._wait, name=f"wait {self.pid}", daemon=True).start()
        else:
            self._loop.add_reader(self._handle, self._ended)

    def _ended(self) -> None:
        if self._handle is not None:
            self._loop.remove_reader(self._handle)
        else:
            self._target = self._target._replace(reaped=True)
        if not self.gone.done():
            self.gone.set_result(None)

    def _wait(self) -> None:
        self._popen.wait()
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            self._loop.call_soon_threadsafe(self._ended)


def _pipe(file: object) -> FileIO:
    assert isinstance(file, FileIO)  # noqa: S101 - Popen was asked for unbuffered pipes
    os.set_blocking(file.fileno(), False)
    return file


def _enlarge(file: FileIO) -> None:
    # Some systems have no such call, and a user may have no pages left for pipes.
    with contextlib.suppress(AttributeError, OSError):
        fcntl.fcntl(file, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


_REASONS = {
    errno.ENOENT: "{program} does not exist; install the agent",
    errno.ENOTDIR: "{program} does not exist; install the agent",
    errno.EISDIR: "{program} is a directory",
    errno.EACCES: "{program} may not be executed; check its permissions and that its file system allows programs",
    errno.EPERM: "{program} may not be executed; check its permissions and that its file system allows programs",
    errno.ENOEXEC: "{program} is not a program for this machine (another processor, or a damaged download)",
    errno.ETXTBSY: "{program} is still being written; try again when its installation has finished",
    errno.E2BIG: "the arguments and environment of {program} are too long for this system",
    errno.EMFILE: "{program} cannot be started: too many open files; raise the limit (ulimit -n)",
    errno.ENFILE: "{program} cannot be started: the machine has too many open files",
    errno.EAGAIN: "{program} cannot be started: no more processes are allowed",
    errno.ENOMEM: "{program} cannot be started: there is not enough memory",
}


def no_directory(path: str) -> str:
    """One sentence for the user of an agent that has no place to work in."""
    return f"the working directory {path} does not exist or is not a directory"


def _why(error: OSError | ValueError, spawn: Spawn) -> str:
    """One sentence for the user of an agent that could not be started."""
    program = spawn.argv[0]
    if isinstance(error, ValueError):
        return f"{program} cannot be started: its arguments or environment hold what none may hold ({error})"
    if not Path(spawn.cwd).is_dir():
        return no_directory(spawn.cwd)
    if not os.access(spawn.cwd, os.X_OK):
        return f"the working directory {spawn.cwd} may not be entered"
    if error.errno == errno.ENOENT and Path(program).exists():
        missing = "it was built for another libc (glibc or musl), or its interpreter is missing"
        return f"{program} is there, but what it needs to run is not: {missing}"
    reason = _REASONS.get(error.errno or 0, "{program} cannot be started: {error}")
    return reason.format(program=program, error=error.strerror or error)
