"""`sandbox-agent api ...`: the commands that mirror the HTTP API, under the name that older scripts use."""

from __future__ import annotations

import argparse
import importlib

__all__ = ["GROUPS", "add_parser", "run"]

GROUPS = ("fs",)
"""Each is a command of its own too, and a module of this package."""


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add the command to the parser of `sandbox-agent`."""
    parser = subparsers.add_parser("api", help="the HTTP API as commands", description="The HTTP API as commands.")
    groups = parser.add_subparsers(dest="group", metavar="GROUP", required=True)
    for group in GROUPS:
        importlib.import_module(_module(group)).add_parser(groups)


def run(args: argparse.Namespace) -> int:
    """Run the command of the group; its exit status."""
    status: int = importlib.import_module(_module(args.group)).run(args)
    return status


def _module(group: str) -> str:
    return f"sandbox_agent.cli.{group}"
