"""`sandbox-agent daemon ...`: the server in the background of this machine."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

from sandbox_agent._version import __version__
from sandbox_agent.cli.options import NoToken, add_token_options, given_token, port_number
from sandbox_agent.cli.parser import Parser, Subparsers, words_of
from sandbox_agent.cli.server import add_server_options

if TYPE_CHECKING:
    from sandbox_agent.cli.daemon.life import Daemon

__all__ = ["add_parser"]

FAILED = 1
_NOT_PASSED_ON = frozenset({"-t", "--token", "--token-file"})


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the parser of `sandbox-agent`."""
    purpose = "run the server in the background: start, stop, status"
    parser = subparsers.add_parser("daemon", help=purpose, description=purpose[0].upper() + purpose[1:] + ".")
    add_token_options(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    start = actions.add_parser(
        "start",
        help="start it, unless it runs; returns when it is healthy",
        description="Start the server in the background, unless it runs; return when it is healthy.",
        epilog="example: sandbox-agent daemon start --token-file ~/.sandbox-agent-token",
    )
    add_server_options(start)
    start.add_argument("--upgrade", action="store_true", help="restart one that another version has started")
    for action, work, words in (("stop", _stop, "end it and its agents"), ("status", _status, "whether it runs")):
        each = actions.add_parser(
            action, help=words, description=words.capitalize() + ".", epilog=f"example: sandbox-agent daemon {action}"
        )
        each.add_argument("-H", "--host", default="127.0.0.1", help="address it listens on (default: %(default)s)")
        each.add_argument("-p", "--port", type=port_number, default=2468, help="its port (default: %(default)s)")
        each.add_argument("--socket", type=os.path.abspath, metavar="PATH", help="its unix socket")
        add_token_options(each)
        each.set_defaults(run=_guarded, work=work)
        _add_output(each)
    _add_output(start)
    start.set_defaults(run=_guarded, work=_start)


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", choices=("json",), help="the state as JSON on standard output")


def _guarded(args: argparse.Namespace) -> int:
    from sandbox_agent.cli.daemon.life import Daemon, Trouble  # noqa: PLC0415 - a help text needs none of it
    from sandbox_agent.cli.daemon.probe import Address  # noqa: PLC0415

    address = Address(args.host, args.port, None if args.socket is None else str(args.socket))
    daemon = Daemon.at(address)
    try:
        said = args.work(daemon, args)
    except (Trouble, NoToken, OSError) as problem:
        print(f"sandbox-agent daemon: {problem}", file=sys.stderr)
        return FAILED
    print(said, file=sys.stderr)
    if args.output == "json":
        print(json.dumps(daemon.state().facts(), separators=(",", ":")))
    return 0


def _start(daemon: Daemon, args: argparse.Namespace) -> str:
    from sandbox_agent.cli.daemon.life import Trouble  # noqa: PLC0415

    if args.port == 0:
        raise Trouble("a daemon needs a port of its own, or nobody would find it: choose another than 0")
    token = given_token(args)
    parser = Parser()
    add_server_options(parser)
    words = [word for word in words_of(parser, args) if word.partition("=")[0] not in _NOT_PASSED_ON]
    done, state = daemon.start(words, token, upgrade=args.upgrade)
    said = f"Daemon {done} ({state.words()})"
    if not state.running:
        said = f"A server that `daemon start` did not start answers at {state.endpoint} already"
    elif state.version != __version__:
        said += f"\nThis is version {__version__}; `daemon start --upgrade` restarts it."
    if daemon.address.refuses(token):
        said += "\nIt was started with another token than the one given now."
    return said


def _stop(daemon: Daemon, _args: argparse.Namespace) -> str:
    return "Daemon stopped" if daemon.stop() else "Daemon not running"


def _status(daemon: Daemon, _args: argparse.Namespace) -> str:
    state = daemon.state()
    if state.running:
        return f"Daemon running ({state.words()})" + ("" if state.healthy else "\nIt does not answer.")
    if state.healthy:
        return f"Daemon not running; another server answers at {state.endpoint}"
    return "Daemon not running"
