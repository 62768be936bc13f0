"""What the operating system says of the daemon's own process, under the names Prometheus clients agree on. Blocking."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

from sandbox_agent.server.metrics import Family

__all__ = ["process_families"]

_SELF = Path("/proc/self")


def process_families(started: float) -> Iterator[Family]:
    """`started`: seconds since the epoch. What the system does not tell is left out."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield _family("process_cpu_seconds_total", "Processor time used.", used.ru_utime + used.ru_stime, counter=True)
    yield _family("process_start_time_seconds", "When it started, since the epoch.", started)
    yield _family("process_max_fds", "How many descriptors may be open.", resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    with contextlib.suppress(OSError):  # not every system has /proc
        yield _family("process_open_fds", "Descriptors that are open.", len(os.listdir(_SELF / "fd")))  # noqa: PTH208 - names are enough
        pages = int((_SELF / "statm").read_text().split()[1])
        size = pages * os.sysconf("SC_PAGE_SIZE")
        yield _family("process_resident_memory_bytes", "Memory in use.", size)


def _family(name: str, text: str, value: float, *, counter: bool = False) -> Family:
    return Family(name, "counter" if counter else "gauge", text, [({}, float(value))])
