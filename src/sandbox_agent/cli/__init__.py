"""The command `sandbox-agent`. Each sub-command is a module of this package, imported only when it is asked for."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from sandbox_agent._version import __version__
from sandbox_agent.cli.hiding import hide_argument
from sandbox_agent.cli.options import TOKEN_OPTIONS, add_token_options
from sandbox_agent.cli.parser import Parser
from sandbox_agent.cli.refusal import give_up, is_refusal

__all__ = ["COMMANDS", "main", "whole_parser"]

COMMANDS = {
    "server": "run the daemon: HTTP and server-sent events",
    "daemon": "run the server in the background: start, stop, status",
    "run": "run one turn of an agent in this terminal",
    "sessions": "the sessions of a server: create, send, follow, answer, end",
    "agents": "the agents of a server: list, install, modes, models",
    "fs": "files on the server's machine: list, read, write, move, delete, upload",
    "credentials": "the credentials that agents can find on this machine",
    "api": "the same commands under their older names",
    "install-agent": "install an agent's CLI",
    "prepare": "install agents and see each answer once, for an image or a snapshot",
    "opencode": "OpenCode's terminal interface, on any agent",
    "completion": "a script for the Tab key of your shell",
    "model": "a scripted stand-in of a model provider, to run agents offline",
}
"""Name and what it is for."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser()
    named = _command(arguments)
    _add_commands(parser, named)
    if not arguments:
        parser.print_help()
        return 2
    parsed = parser.parse_args(arguments)
    if parsed.token is not None:
        hide_argument(parsed.token, TOKEN_OPTIONS)
    if os.getpid() == 1:
        from sandbox_agent.cli import pid1  # noqa: PLC0415 - of no use elsewhere

        return pid1.run(lambda: _run(parsed))
    return _run(parsed)


def _run(parsed: argparse.Namespace) -> int:
    try:
        status: int = parsed.run(parsed)
        if sys.stdout is not None:  # whoever started us may have closed it
            sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if not is_refusal(error):
            raise
        return give_up(error)
    except UnicodeEncodeError as error:
        if error.encoding != "utf-8":
            raise
        print("sandbox-agent: what is sent must be UTF-8, and a word of the command line is not", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="sandbox-agent",
        description="One daemon in a sandbox, one API, every coding agent.",
        epilog="example: sandbox-agent run mock hello",
    )
    parser.add_argument("--version", action="version", version=f"sandbox-agent {__version__}")
    add_token_options(parser, token="the server's token", none="work without a token", top=True)  # noqa: S106
    return parser


def whole_parser() -> argparse.ArgumentParser:
    """The parser with everything in it, which takes a while."""
    parser = _parser()
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        importlib.import_module(_module(name)).add_parser(subparsers)
    return parser


def _add_commands(parser: argparse.ArgumentParser, named: str | None) -> None:
    """Add the command that was named, with all its options; of the others only what the help shows."""
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, purpose in COMMANDS.items():
        if name == named:
            importlib.import_module(_module(name)).add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=purpose, add_help=False)


def _command(arguments: Sequence[str]) -> str | None:
    """The first word that is no option and no value of one."""
    skip = False
    for word in arguments:
        if skip:
            skip = False
        elif word in {"-t", "--token", "--token-file"}:
            skip = True
        elif not word.startswith("-"):
            return word
    return None


def _module(command: str) -> str:
    return f"{__name__}.{command.replace('-', '_')}"
