"""`sandbox-agent install-agent`: get an agent's CLI onto this machine, with progress on a terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox_agent.agents import AGENTS
from sandbox_agent.runtime.install import Installer, Order, Source, Step
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema.errors import ApiError, InvalidRequest, UnsupportedAgent

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Generator

__all__ = ["add_parser", "progress", "run"]

FAILED, USAGE = 1, 2
ALL = "all"


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add the command to the parser of `sandbox-agent`."""
    parser = subparsers.add_parser(
        "install-agent",
        help="install an agent's CLI",
        description="Install an agent's CLI with npm or pip, whichever is there; print its path.",
        epilog="example: sandbox-agent install-agent claude",
    )
    parser.add_argument("agent", help="for example: claude; all for every agent")
    parser.add_argument("--version", metavar="V", help="default: the version this release is tested with")
    parser.add_argument("--source", choices=("npm", "pip", "path"), help="default: npm, else pip")
    parser.add_argument("--path", type=Path, metavar="FILE", help="use this executable (means --source path)")
    parser.add_argument("-r", "--reinstall", action="store_true", help="also when that version is there already")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Install; 0 when the agent is there afterwards, 1 with a sentence on stderr when not."""
    if args.agent == ALL and (args.version or args.path):
        print("sandbox-agent: --version and --path are of one agent; all have their own", file=sys.stderr)
        return USAGE
    names = list(AGENTS) if args.agent == ALL else [args.agent]
    failed = [name for name in names if not _installed(name, args)]
    return FAILED if failed else 0


def _installed(name: str, args: argparse.Namespace) -> bool:
    try:
        _install(name, args)
    except ApiError as error:
        _explain(error)
        return False
    return True


def _install(name: str, args: argparse.Namespace) -> None:
    agent = AGENTS.get(name)
    if agent is None:
        raise UnsupportedAgent(name, hint=f"There are: {', '.join(AGENTS)}.")
    if agent.install is None:
        print(f"{agent.name} needs no installation.", file=sys.stderr)
        return
    source: Source | None = args.source or ("path" if args.path else None)
    if args.path and source != "path":
        raise InvalidRequest("--path goes with --source path only")
    with progress() as report:
        order = Order(version=args.version, source=source, path=args.path, reinstall=args.reinstall, report=report)
        installed = Installer(Settings()).install(agent, order)
    state = "is installed" if installed.fresh else "was installed already"
    print(f"{agent.name} {installed.version} {state} and is now the default.", file=sys.stderr)
    print(installed.path)


def _explain(error: ApiError) -> None:
    print(f"sandbox-agent: {error}", file=sys.stderr)
    details: dict[str, str] = error.details or {}
    for line in details.get("stderr", "").splitlines():
        print(f"  | {line}", file=sys.stderr)
    if error.hint:
        print(error.hint, file=sys.stderr)


@contextmanager
def progress() -> Generator[Callable[[Step], None]]:
    """Tells people how far an installation is: a line that moves, or lines where there is no terminal."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it, and it is slow to import

    with Console(stderr=True).status("Preparing") as status:
        yield lambda step: status.update(_words(step))


class _Lines:
    """One line for each thing done: for logs."""

    def __init__(self) -> None:
        self._before: tuple[str, str] | None = None

    def __call__(self, step: Step) -> None:
        now = (step.doing, step.what)
        if now != self._before:
            self._before = now
            print(_words(step), file=sys.stderr, flush=True)


def _words(step: Step) -> str:
    verb = {"waiting": "Waiting for", "downloading": "Downloading", "verifying": "Verifying"}[step.doing]
    size = f", {step.size / 1e6:.0f} MB on disk" if step.size else ""
    return f"{verb} {step.what}{size}"
