"""What the daemon counts, and how it is told to Prometheus.

Counting costs the event path nothing: events are counted by reading the logs when somebody asks.
Source of the format: the text exposition format of Prometheus, version 0.0.4.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter, defaultdict, deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["CONTENT_TYPE", "Family", "Metrics", "Sample", "exposition", "families"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LAGS = 60
"""Ticks that are remembered, one a second."""

Sample: TypeAlias = tuple[Mapping[str, str], float]


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with all its samples. Of a summary the samples are sums; `counts` has how many went into each."""

    name: str
    kind: Literal["gauge", "counter", "summary"]
    help: str
    samples: Sequence[Sample]
    counts: Sequence[Sample] = ()


class Metrics:
    """Counts requests and streams, and remembers how late the event loop was. Used on the loop only."""

    def __init__(self) -> None:
        self.started = time.time()
        """Seconds since the epoch."""
        self.streams = 0
        """Event streams that are open."""
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._lags: deque[float] = deque([0.0], maxlen=_LAGS)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was understood and answered; for a stream, when it began. `route`: of the table, or `other`."""
        self._requests[method, route, status] += 1
        self._seconds[method, route] += seconds

    @contextlib.contextmanager
    def stream(self) -> Generator[None]:
        """An event stream is open as long as this is."""
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1

    def late(self, seconds: float) -> None:
        """A timer of the loop fired so much too late."""
        self._lags.append(max(seconds, 0.0))

    def families(self) -> Iterator[Family]:
        """What was counted here."""
        name = "sandbox_agent_http_requests_total"
        samples = [
            ({"method": method, "route": route, "status": str(status)}, float(count))
            for (method, route, status), count in sorted(self._requests.items())
        ]
        yield Family(name, "counter", "Requests that were answered.", samples)
        counts: Counter[tuple[str, str]] = Counter()
        for (method, route, _status), count in self._requests.items():
            counts[method, route] += count
        yield Family(
            "sandbox_agent_http_request_duration_seconds",
            "summary",
            "From a request's head to its answer's; of a stream, to its beginning.",
            [({"method": method, "route": route}, value) for (method, route), value in sorted(self._seconds.items())],
            [({"method": method, "route": route}, float(count)) for (method, route), count in sorted(counts.items())],
        )
        yield _one("sandbox_agent_event_streams", "gauge", "Event streams that are open.", self.streams)
        yield _one(
            "sandbox_agent_event_loop_lag_seconds",
            "gauge",
            "How late the event loop was at worst in the last minute.",
            max(self._lags),
        )


def families(
    *,
    version: str,
    sessions: Iterable[tuple[str, str]],
    events: int,
    log_bytes: int,
    processes: int,
    installs: int,
) -> Iterator[Family]:
    """What is known of the daemon itself. `sessions`: agent and state of each."""
    yield Family("sandbox_agent_info", "gauge", "The version that runs.", [({"version": version}, 1.0)])
    counted = sorted(Counter(sessions).items())
    samples = [({"agent": agent, "state": state}, float(count)) for (agent, state), count in counted]
    yield Family("sandbox_agent_sessions", "gauge", "Sessions by agent and state.", samples)
    yield _one("sandbox_agent_events_total", "counter", "Events of all sessions, of deleted ones too.", events)
    yield _one("sandbox_agent_log_bytes", "gauge", "Bytes of the events in memory.", log_bytes)
    text = "Processes of agents, and all they started, that are alive."
    yield _one("sandbox_agent_agent_processes", "gauge", text, processes)
    yield _one("sandbox_agent_installs_running", "gauge", "Agents that are being installed.", installs)


def exposition(all_families: Iterable[Family]) -> bytes:
    """The text that Prometheus reads."""
    lines: list[str] = []
    for family in all_families:
        lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
        of_sums = "_sum" if family.kind == "summary" else ""
        lines += [_line(family.name + of_sums, *sample) for sample in family.samples]
        lines += [_line(family.name + "_count", *sample) for sample in family.counts]
    return ("\n".join(lines) + "\n").encode()


def _one(name: str, kind: Literal["gauge", "counter"], text: str, value: float) -> Family:
    return Family(name, kind, text, [({}, float(value))])


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    number = str(int(value)) if value.is_integer() else repr(value)
    return f"{name}{{{shown}}} {number}" if shown else f"{name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
