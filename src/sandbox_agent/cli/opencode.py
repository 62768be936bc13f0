"""`sandbox-agent opencode`: OpenCode's terminal interface on our server, and so on any of our agents."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sandbox_agent.cli.options import NoToken, add_token_options, given_token, port_number

if TYPE_CHECKING:
    from sandbox_agent.cli.daemon.probe import Address
    from sandbox_agent.cli.parser import Subparsers

__all__ = ["add_parser"]

FAILED = 1
AGENT = "opencode"
MOUNT = "/opencode"
PASSWORD = "OPENCODE_SERVER_PASSWORD"  # noqa: S105 - the variable's name
_SECONDS = 60.0


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the parser of `sandbox-agent`."""
    parser = subparsers.add_parser(
        "opencode",
        help="OpenCode's terminal interface, on any agent",
        description="Make sure that the background server runs, and attach OpenCode's terminal interface to it.",
        epilog="example: sandbox-agent opencode --session-title tidy",
    )
    parser.add_argument("-H", "--host", default="127.0.0.1", help="address of the server (default: %(default)s)")
    parser.add_argument("-p", "--port", type=port_number, default=2468, help="its port (default: %(default)s)")
    parser.add_argument("--session-title", metavar="T", help="begin with a new session of that title")
    parser.add_argument("--yolo", action="store_true", help="begin with a new session that asks for no permission")
    add_token_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Become it; 1 with a sentence on stderr when that is not possible."""
    from sandbox_agent.cli.daemon.life import Trouble  # noqa: PLC0415 - a help text needs none of it
    from sandbox_agent.schema.errors import ApiError  # noqa: PLC0415

    try:
        token = given_token(args)
        executable = _installed()
        address = _started(args, token)
        command = [str(executable), "attach", address.url + MOUNT]
        if args.session_title is not None or args.yolo:
            command += ["--session", _session(address, token, args)]
    except (Trouble, NoToken, OSError, ApiError, ValueError) as problem:
        print(f"sandbox-agent opencode: {problem}", file=sys.stderr)
        return FAILED
    return _become(command, token)


def _become(command: list[str], token: str | None) -> NoReturn:
    """Not a child: whoever ends us would leave the interface behind."""
    password = {} if token is None else {PASSWORD: token}  # an option would show it to everybody
    os.execve(command[0], command, {**os.environ, **password})  # noqa: S606 - no shell is involved


def _installed() -> Path:
    from sandbox_agent.agents import AGENTS  # noqa: PLC0415
    from sandbox_agent.cli.install_agent import progress  # noqa: PLC0415
    from sandbox_agent.runtime.install import Installer, Order  # noqa: PLC0415
    from sandbox_agent.runtime.settings import Settings  # noqa: PLC0415

    with progress() as report:
        return Path(Installer(Settings()).install(AGENTS[AGENT], Order(report=report)).path)


def _started(args: argparse.Namespace, token: str | None) -> Address:
    from sandbox_agent.cli.daemon.life import Daemon, Trouble  # noqa: PLC0415
    from sandbox_agent.cli.daemon.probe import Address  # noqa: PLC0415

    address = Address(args.host, args.port)
    options = ["--host", args.host, "--port", str(args.port), *(["--no-token"] if args.no_token else [])]
    Daemon.at(address).start(options, token, upgrade=True)
    if address.refuses(token):
        raise Trouble(f"the server at {address.url} was started with another token")
    return address


def _session(address: Address, token: str | None, args: argparse.Namespace) -> str:
    import httpx  # noqa: PLC0415

    body = {"title": args.session_title, "permissionMode": "bypass" if args.yolo else None}
    wanted = {name: value for name, value in body.items() if value is not None}
    headers = {"authorization": f"Bearer {token}"} if token else {}
    url = f"{address.url}{MOUNT}/session"
    answer = httpx.post(url, json=wanted, headers=headers, timeout=_SECONDS, trust_env=False)
    if not answer.is_success:
        raise ValueError(f"the server would not begin a session: {answer.text}")
    return str(answer.json()["id"])
