"""`make bench`: what the daemon can do, and how that compares with its peer, measured in the same run.

Each figure is the median of several runs, ours and the peer's in turn. `--quick` measures less, `--ours` leaves the
peer out, `--only WORD` takes the figures whose name has the word.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import measures
from daemons import Daemon, Ours, Peer, Product, running
from peer import VERSION, find_peer

ROOT = Path(__file__).resolve().parent.parent
Value = dict[str, float]
"""Figures of one run, by key."""


@dataclass(frozen=True)
class Scale:
    """How much to measure."""

    runs: int
    flood: int
    crowd: dict[str, int]
    """Pieces of a flood to 100 readers. The peer gets fewer: it would take minutes."""
    paced: int
    prompts: int
    starts: int
    seconds: float


FULL = Scale(3, 100_000, {"ours": 30_000, "peer": 2_000}, 3_000, 300, 7, 1.0)
QUICK = Scale(1, 30_000, {"ours": 10_000, "peer": 1_000}, 1_000, 100, 3, 0.5)
READERS = 100
RATE = 1_000
CLIENTS = 32


@dataclass(frozen=True)
class Line:
    """A line of the table."""

    key: str
    label: str
    show: Callable[[float], str]
    goal: Callable[[float], bool] | None = None
    """Of the ratio ours to peer."""
    goal_text: str = ""
    own_goal: Callable[[float], bool] | None = None
    """Of our figure."""


@dataclass(frozen=True)
class Figure:
    """One measurement: it gives a few lines."""

    name: str
    measure: Callable[[Daemon, Scale], Value]
    lines: tuple[Line, ...]
    not_peer: str = ""
    """Why the peer has no such figure."""
    fresh: bool = False
    """Measured by starting the daemon, not on the one that runs."""


def _flood(daemon: Daemon, scale: Scale) -> Value:
    found = measures.flood(daemon, scale.flood, 1)
    return {"rate1": found.rate, "lost1": found.lost, "work1": found.work}


def _crowd(daemon: Daemon, scale: Scale) -> Value:
    found = measures.flood(daemon, scale.crowd[daemon.product.name], READERS)
    return {"rate100": found.rate, "lost100": found.lost, "work100": found.work}


def _latency(daemon: Daemon, scale: Scale) -> Value:
    p50, p99 = measures.latency(daemon, scale.paced, RATE)
    return {"p50": p50, "p99": p99}


def _busy(daemon: Daemon, scale: Scale) -> Value:
    found = measures.cpu(daemon, scale.paced, RATE, READERS)
    return {"cpu": found.cpu, "cpu_lost": found.lost}


def _replay(daemon: Daemon, scale: Scale) -> Value:
    rates, lost = measures.replay(daemon, scale.flood, 3)
    return {"replay": statistics.median(rates), "replay_lost": float(lost)}


def _trip(daemon: Daemon, scale: Scale) -> Value:
    return {"trip": measures.round_trip(daemon, scale.prompts)}


def _health(daemon: Daemon, scale: Scale) -> Value:
    return {"health": measures.health(daemon, scale.seconds, CLIENTS)}


def _start(daemon: Daemon, scale: Scale) -> Value:  # noqa: ARG001 - as the others
    return {"start": daemon.cold_start, "rss": daemon.rss()}


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _milli(value: float) -> str:
    return f"{value * 1e3:.2f} ms"


def _share(value: float) -> str:
    return f"{value * 100:.1f} %"


def _micro(value: float) -> str:
    return f"{value:.2f} us"


def _none(value: float) -> bool:
    return value == 0


FIGURES = (
    Figure(
        "flood 1",
        _flood,
        (
            Line("rate1", "flood, 1 reader, events/s", _count, lambda r: r >= 5, ">= 5x"),  # noqa: PLR2004
            Line("lost1", "  lost", _share, own_goal=_none, goal_text="0"),
            Line("work1", "  processor time an event", _micro),
        ),
    ),
    Figure(
        "flood 100",
        _crowd,
        (
            Line("rate100", "flood, 100 readers, events/s in all", _count, lambda r: r >= 40, ">= 40x"),  # noqa: PLR2004
            Line("lost100", "  lost", _share, own_goal=_none, goal_text="0"),
            Line("work100", "  processor time an event", _micro),
        ),
    ),
    Figure(
        "latency",
        _latency,
        (
            Line("p50", "agent line to reader at 1,000/s, p50", _milli),
            Line("p99", "  p99", _milli, lambda r: r <= 0.01, "<= 0.01x"),  # noqa: PLR2004
        ),
    ),
    Figure(
        "cpu",
        _busy,
        (
            Line("cpu", "processor use, 100 readers x 1,000/s", _share, lambda r: r <= 0.5, "<= 0.5x"),  # noqa: PLR2004
            Line("cpu_lost", "  lost", _share, own_goal=_none, goal_text="0"),
        ),
    ),
    Figure(
        "replay",
        _replay,
        (
            Line("replay", "history replay, MB/s", _count, goal_text=">= 800", own_goal=lambda v: v >= 800),  # noqa: PLR2004
            Line("replay_lost", "  events that are missing", _count, own_goal=_none, goal_text="0"),
        ),
        not_peer="keeps 1,024",
    ),
    Figure(
        "round trip",
        _trip,
        (Line("trip", "message to end of turn, p50", _milli, lambda r: r <= 0.6, "<= 0.6x"),),  # noqa: PLR2004
    ),
    Figure(
        "health",
        _health,
        (Line("health", "health requests/s, 32 connections", _count, lambda r: r >= 1, ">= 1x"),),
    ),
    Figure(
        "start",
        _start,
        (
            Line("start", "cold start to healthy", _milli, lambda r: r <= 2.5, "<= 2.5x"),  # noqa: PLR2004
            Line("rss", "resident memory at rest, MB", "{:.0f}".format, lambda r: r <= 2.5, "<= 2.5x"),  # noqa: PLR2004
        ),
        fresh=True,
    ),
)


class Bench:
    """Runs figures on the daemons of one run."""

    def __init__(self, products: list[Product], scale: Scale, home: Path) -> None:
        self._products = products
        self._scale = scale
        self._home = home
        self._homes = 0

    def figure(self, figure: Figure) -> dict[str, Value]:
        """Medians by product and key."""
        products = [each for each in self._products if each.name == "ours" or not figure.not_peer]
        found: dict[str, list[Value]] = {product.name: [] for product in products}
        with ExitStack() as stack:
            daemons = {
                product.name: stack.enter_context(running(product, self._new_home()))
                for product in products
                if not figure.fresh
            }
            for _ in range(self._scale.starts if figure.fresh else self._scale.runs):
                for product in products:
                    found[product.name].append(self._once(figure, product, daemons.get(product.name)))
        return {name: _medians(values) for name, values in found.items()}

    def _once(self, figure: Figure, product: Product, daemon: Daemon | None) -> Value:
        if daemon is not None:
            return figure.measure(daemon, self._scale)
        with running(product, self._new_home()) as fresh:
            return figure.measure(fresh, self._scale)

    def _new_home(self) -> Path:
        self._homes += 1
        home = self._home / f"home{self._homes}"
        home.mkdir()
        return home


def _medians(values: list[Value]) -> Value:
    return {key: statistics.median(value[key] for value in values) for key in values[0]}


def _row(line: Line, found: dict[str, Value], not_peer: str) -> str:
    ours = found["ours"][line.key]
    peer = found["peer"][line.key] if "peer" in found else None
    ratio = ours / peer if peer else None
    verdict = ""
    if line.own_goal is not None:
        verdict = "yes" if line.own_goal(ours) else "NO"
    elif line.goal is not None and ratio is not None:
        verdict = "yes" if line.goal(ratio) else "NO"
    said = not_peer or ("-" if peer is None else line.show(peer))
    compared = f"{ratio:.3g}x" if ratio is not None else "-"
    return f"{line.label:<38}{line.show(ours):>12}{said:>13}{compared:>9}{line.goal_text:>10}{verdict:>8}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure less")
    parser.add_argument("--ours", action="store_true", help="leave the peer out")
    parser.add_argument("--only", default="", help="figures whose name has this word")
    return parser.parse_args()


def main() -> int:
    """Print the table; 0 even when a goal is missed, since a busy machine proves nothing."""
    arguments = _arguments()
    began = time.monotonic()
    products: list[Product] = [Ours()]
    program, problem = (None, "not asked for") if arguments.ours else find_peer(ROOT / ".cache/peer")
    if program is not None:
        products.append(Peer(program))
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} processors, load {load:.1f} before the run")
    print(f"peer: @sandbox-agent/cli {VERSION}" if program else f"peer: left out, {problem}")
    print(f"\n{'':<38}{'ours':>12}{'peer':>13}{'ratio':>9}{'goal':>10}{'reached':>8}", flush=True)
    with tempfile.TemporaryDirectory(prefix="sandbox-agent-bench-") as home:
        bench = Bench(products, QUICK if arguments.quick else FULL, Path(home))
        for figure in FIGURES:
            if arguments.only in figure.name:
                found = bench.figure(figure)
                for line in figure.lines:
                    print(_row(line, found, figure.not_peer if program else ""), flush=True)
    print(f"\n{time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
