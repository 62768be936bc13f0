"""The options that many commands share: where the server is, and its token.

A token in a file is the best one. In the environment or on the command line others can read it until it is hidden.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = [
    "ENDPOINT",
    "TOKEN_OPTIONS",
    "TOKEN_VARIABLE",
    "NoToken",
    "add_connection",
    "add_token_options",
    "given_token",
    "port_number",
]

_LAST_PORT = 65535
ENDPOINT = "http://127.0.0.1:2468"
TOKEN_VARIABLE = "SANDBOX_AGENT_TOKEN"  # noqa: S105 - its name, not its value
TOKEN_OPTIONS = ("-t", "--token")


class NoToken(Exception):
    """There should be a token and there is none that can be used; the text says why."""


def add_connection(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command has that talks to a server."""
    where = f"the server, also unix:PATH (default: SANDBOX_AGENT_ENDPOINT, else {ENDPOINT})"
    parser.add_argument("-e", "--endpoint", metavar="URL", help=where)
    add_token_options(parser, token="the server's token", none="send no token")  # noqa: S106 - its meaning


def add_token_options(
    parser: argparse.ArgumentParser, *, token: str | None = None, none: str | None = None, top: bool = False
) -> None:
    """Add the options; `token` and `none` say what they mean here. Without these words the help does not show them.

    Only the top of the tree sets defaults: below it an option that is absent must not hide one that stood before.
    """
    hidden = argparse.SUPPRESS
    group = parser.add_mutually_exclusive_group()
    default = None if top else hidden
    group.add_argument(*TOKEN_OPTIONS, default=default, help=token or hidden)
    words = f"read the token from a file; - for standard input (default: {TOKEN_VARIABLE})"
    group.add_argument("--token-file", metavar="FILE", default=default, help=words if token else hidden)
    parser.add_argument("-n", "--no-token", action="store_true", default=False if top else hidden, help=none or hidden)


def given_token(args: argparse.Namespace, environ: Mapping[str, str] | None = None) -> str | None:
    """The token of the options, else of the environment. Raises `NoToken`, never naming what was found."""
    environ = os.environ if environ is None else environ
    token: str | None = args.token
    if token is None and args.token_file is not None:
        token = _read(args.token_file)
    if token is None and not args.no_token:
        token = environ.get(TOKEN_VARIABLE)
    if token is None:
        return None
    if not token.strip():
        raise NoToken("the token is empty; leave it out, or use --no-token")
    if not (token.isascii() and token.isprintable()):
        raise NoToken("the token holds characters that an HTTP header cannot carry")
    return token


def _read(name: str) -> str:
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise NoToken(f"the token file {name} cannot be read: {error.strerror}") from error
    return data.decode(errors="replace").strip()


def port_number(text: str) -> int:
    """A port. Raises `argparse.ArgumentTypeError`."""
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return int(text)
