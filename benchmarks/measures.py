"""The figures, each a function from a running daemon to numbers."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemons import Daemon
from reader import Order, Report

__all__ = ["Crowd", "Flood", "Session", "cpu", "flood", "health", "latency", "replay", "round_trip"]

READER = Path(__file__).with_name("reader.py")
_LIMIT = 60.0
_names = iter(range(1_000_000))


@dataclass
class Flood:
    """What readers got of a flood."""

    rate: float
    """Pieces a second, all readers together."""
    lost: float
    """Share of the pieces."""
    work: float
    """Microseconds of the daemon's processor time for a piece to a reader."""


@dataclass
class Crowd:
    """How busy the daemon was."""

    cpu: float
    """Processors it kept busy."""
    lost: float


@dataclass
class Session:
    """A session whose agent runs and has spoken."""

    daemon: Daemon
    name: str
    last: int = 0
    """Id of the last event so far."""

    def turns(self, count: int) -> Iterator[float]:
        """Seconds from sending a message to the end of its turn on an open stream."""
        product = self.daemon.product
        end = product.end.encode()
        with self.daemon.connection() as stream, self.daemon.connection() as asking:
            get = stream.message("GET", product.stream(self.name))
            stream.sock.sendall(get[:-2] + b"last-event-id: %d\r\n\r\n" % self.last)
            stream.until(b"\r\n\r\n")
            for _ in range(count):
                message = product.prompt(asking, self.name, "say")
                began = time.perf_counter()
                asking.sock.sendall(message)
                frames = stream.until(end)
                yield time.perf_counter() - began
                asking.response()
                self.last = int(frames.rsplit(b"\nid: ", 1)[1].split(b"\n", 1)[0])

    def read(self, prompt: str, pieces: int, count: int = 1) -> Report:
        """What `count` readers get while the agent follows `prompt`."""
        reader = self.reader(pieces, count)
        with self.daemon.connection() as asking:
            asking.sock.sendall(self.daemon.product.prompt(asking, self.name, prompt))
            return _report(reader)

    def reader(self, pieces: int, count: int = 1) -> subprocess.Popen[str]:
        """A process that reads from here on; returns when its streams are open."""
        product = self.daemon.product
        order = Order(
            port=self.daemon.port,
            path=product.stream(self.name),
            pieces=pieces,
            before=product.before,
            end=product.end,
            after=self.last,
            count=count,
            same=product.keeps_all,
        )
        reader = subprocess.Popen(
            [sys.executable, "-S", str(READER), json.dumps(vars(order))],
            stdout=subprocess.PIPE,
            text=True,
        )
        if reader.stdout is None or reader.stdout.readline() != "ready\n":
            raise RuntimeError("the reader did not start; it says why above")
        return reader


def _session(daemon: Daemon) -> Session:
    session = Session(daemon, f"bench{next(_names)}")
    with daemon.connection() as connection:
        daemon.product.open(connection, session.name, daemon.home)
    for _ in session.turns(3):
        pass
    return session


def _report(reader: subprocess.Popen[str]) -> Report:
    """Not by `communicate`: it would lose what came together with the first line."""
    assert reader.stdout is not None
    limit = threading.Timer(_LIMIT, reader.kill)
    limit.start()
    with reader:
        said = reader.stdout.read()
    limit.cancel()
    if reader.returncode:
        raise RuntimeError("the reader gave up; it says why above")
    values: dict[str, Any] = json.loads(said)
    return Report(**values)


def flood(daemon: Daemon, pieces: int, readers: int) -> Flood:
    """The agent says everything at once."""
    session = _session(daemon)
    before = daemon.cpu()
    report = session.read(f"flood {pieces}", pieces, readers)
    seconds = (report.last - report.said) / 1e9
    work = (daemon.cpu() - before) * 1e6 / max(1, report.received)
    return Flood(report.received / seconds, report.lost / (pieces * readers), work)


def latency(daemon: Daemon, pieces: int, rate: float) -> tuple[float, float]:
    """Seconds from the agent's write to the reader's read: median and 99th percentile."""
    report = _session(daemon).read(f"pace {pieces} {rate}", pieces)
    delays = report.delays
    return delays[len(delays) // 2] / 1e9, delays[len(delays) * 99 // 100] / 1e9


def cpu(daemon: Daemon, pieces: int, rate: float, readers: int) -> Crowd:
    """How busy the daemon is while many readers follow an agent of even pace."""
    session = _session(daemon)
    reader = session.reader(pieces, readers)
    with daemon.connection() as asking:
        before, began = daemon.cpu(), time.monotonic()
        asking.sock.sendall(daemon.product.prompt(asking, session.name, f"pace {pieces} {rate}"))
        time.sleep(pieces / rate)
        busy = (daemon.cpu() - before) / (time.monotonic() - began)
        report = _report(reader)
    return Crowd(busy, report.lost / (pieces * readers))


def replay(daemon: Daemon, pieces: int, times: int) -> tuple[list[float], int]:
    """MB/s of a whole history to one new reader, several times; and how many pieces the last one missed."""
    session = _session(daemon)
    report = session.read(f"flood {pieces}", pieces)
    rates: list[float] = []
    for _ in range(times):
        report = _report(session.reader(pieces))
        rates.append(report.size / (report.last - report.asked) * 1e3)
    return rates, report.lost


def round_trip(daemon: Daemon, count: int) -> float:
    """Seconds from sending a message to the end of its turn on an open stream, median."""
    session = _session(daemon)
    return statistics.median(session.turns(count))


def health(daemon: Daemon, seconds: float, connections: int) -> float:
    """Requests a second with so many connections, each with one request on its way."""
    clients = [daemon.connection() for _ in range(connections)]
    request = clients[0].message("GET", "/v1/health")
    sockets = [client.sock for client in clients]
    done, began = 0, time.perf_counter()
    while (now := time.perf_counter()) - began < seconds:
        for sock in sockets:
            sock.sendall(request)
        for sock in sockets:
            sock.recv(4096)
        done += connections
    for client in clients:
        client.sock.close()
    return done / (now - began)
