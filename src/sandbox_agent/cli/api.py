"""`sandbox-agent api ...`: the commands that mirror the HTTP API, under the name that older scripts use."""

from __future__ import annotations

import importlib

from sandbox_agent.cli.options import add_token_options
from sandbox_agent.cli.parser import Subparsers

__all__ = ["GROUPS", "add_parser"]

GROUPS = ("agents", "sessions", "fs")
"""Each is a command of its own too, and a module of this package."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the parser of `sandbox-agent`."""
    parser = subparsers.add_parser("api", help="the HTTP API as commands", description="The HTTP API as commands.")
    add_token_options(parser)
    groups = parser.add_subparsers(dest="group", metavar="GROUP", required=True)
    for group in GROUPS:
        importlib.import_module(f"sandbox_agent.cli.{group}").add_parser(groups)
