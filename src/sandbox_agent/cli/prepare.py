"""`sandbox-agent prepare`: make agents ready, for an image or a snapshot."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from sandbox_agent.agents import AGENTS
from sandbox_agent.cli.install_agent import progress

if TYPE_CHECKING:
    from sandbox_agent.cli.preparing import Prepared

__all__ = ["add_parser", "run"]

FAILED = 1
_EPILOG = (
    "example: sandbox-agent prepare claude codex\n\n"
    "Needs no key: each agent answers once to a model that is a script on loopback, in a home folder that is removed "
    "afterwards. Exit status: 0 all are ready; 1 some are not."
)


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add the command to the parser of `sandbox-agent`."""
    parser = subparsers.add_parser(
        "prepare",
        help="install agents and see each answer once, for an image or a snapshot",
        description="Install the tested version of each agent and have it answer once. Quick the second time.",
        epilog=_EPILOG,
    )
    parser.add_argument("agents", metavar="AGENT", nargs="*", type=_agent, help="for example: claude (default: all)")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prepare them; the exit status is described in the help."""
    names = tuple(dict.fromkeys(args.agents or AGENTS))
    try:
        results = asyncio.run(_all(names))
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    if args.json:
        print(json.dumps({"ready": _ready(results), "agents": [asdict(each) for each in results]}))
    else:
        _table(results)
    return 0 if _ready(results) else FAILED


async def _all(names: Sequence[str]) -> list[Prepared]:
    from sandbox_agent.cli.preparing import prepare  # noqa: PLC0415 - imports the runtime and the scripted model

    task = asyncio.current_task()
    if task is not None:  # a build that is stopped must leave nothing behind either
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with progress() as report:
        return [each async for each in prepare(names, report)]


def _ready(results: Iterable[Prepared]) -> bool:
    return all(each.problem is None for each in results)


def _table(results: Iterable[Prepared]) -> None:
    for each in results:
        state = "FAILED" if each.problem else "ready"
        place = f"installed in {each.install_seconds:.1f} s" if each.installed else "was there"
        print(f"{each.agent:<10} {state:<7} {each.version or '-':<26} {place:<20} turn {each.turn_seconds:.1f} s")
    for each in results:
        for words in filter(None, (each.problem, each.hint)):
            print(f"{each.agent}: {words}", file=sys.stderr)


def _agent(text: str) -> str:
    if text not in AGENTS:
        raise argparse.ArgumentTypeError(f"there is no agent {text!r}; there are: {', '.join(AGENTS)}")
    return text
