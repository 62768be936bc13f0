"""The first process of a container must reap every orphan and pass on signals. Nobody else would do it.

The work is done in a child. So the reaper knows nothing of it, and never takes the exit status of a process that the
work waits for itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable

from sandbox_agent.cli.hiding import hide_variable
from sandbox_agent.cli.options import TOKEN_VARIABLE

__all__ = ["PASSED_ON", "run"]

PASSED_ON = frozenset(
    {
        signal.SIGTERM,
        signal.SIGINT,
        signal.SIGHUP,
        signal.SIGQUIT,
        signal.SIGUSR1,
        signal.SIGUSR2,
        signal.SIGWINCH,
    }
)
_BY_SIGNAL = 128


def run(work: Callable[[], int]) -> int:
    """Do the work in a child and serve it as process 1 should; its exit status, 128 and more for a signal's number.

    Returns twice: in the child with what the work returned, and in this process when the child has ended.
    """
    awaited = PASSED_ON | {signal.SIGCHLD}
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # Blocked, they wait for us instead of being lost: the system drops what process 1 has no handler for.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    child = os.fork()
    if child == 0:
        os.setsid()  # what is typed into a terminal comes once, through us, and not to the child as well
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return work()
    hide_variable(TOKEN_VARIABLE)  # the child has its own, and an agent could read ours
    status = None
    while status is None:
        number = signal.sigwait(awaited)
        if number == signal.SIGCHLD:
            status = _reap(child)
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, number)
    return status


def _reap(child: int) -> int | None:
    """Reap all that have ended; the status of `child` when it is among them."""
    found = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
                found = code if code >= 0 else _BY_SIGNAL - code
    return found
