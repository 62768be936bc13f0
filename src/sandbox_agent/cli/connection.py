"""How commands that talk to a server reach it, and how they say what it answered."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping

import httpx

__all__ = ["FAILED", "Failed", "add_connection", "connect", "print_json", "report", "tell"]

FAILED = 1
ENDPOINT = "http://127.0.0.1:2468"
_CONNECT_SECONDS = 5.0


class Failed(Exception):
    """The command cannot go on; the text says why."""


def add_connection(parser: argparse.ArgumentParser) -> None:
    """Add the options that every such command has."""
    add = parser.add_argument
    add("-e", "--endpoint", metavar="URL", help=f"the server (default: SANDBOX_AGENT_ENDPOINT, else {ENDPOINT})")
    add("-t", "--token", default=argparse.SUPPRESS, help="the server's token (default: SANDBOX_AGENT_TOKEN)")
    add("-n", "--no-token", action="store_true", default=argparse.SUPPRESS, help="send no token")


def connect(args: argparse.Namespace, environ: Mapping[str, str] | None = None) -> httpx.Client:
    """A client for the server that the options and the environment name."""
    environ = os.environ if environ is None else environ
    endpoint = (args.endpoint or environ.get("SANDBOX_AGENT_ENDPOINT") or ENDPOINT).rstrip("/")
    token = None if args.no_token else args.token or environ.get("SANDBOX_AGENT_TOKEN")
    return httpx.Client(
        base_url=endpoint,
        headers={"authorization": f"Bearer {token}"} if token else {},
        timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
        trust_env=False,
    )


def report(response: httpx.Response) -> httpx.Response:
    """The response if it is good. Else its body goes to stderr, as the contract of the command line says.

    Raises `Failed`.
    """
    if response.is_success:
        return response
    body = response.read()
    try:
        print(json.dumps(json.loads(body), indent=2, ensure_ascii=False), file=sys.stderr)
    except ValueError:
        print(body.decode(errors="replace"), file=sys.stderr)
    raise Failed(f"unexpected http status {response.status_code} {response.reason_phrase}")


def print_json(response: httpx.Response) -> None:
    """Print the JSON of a good response, indented."""
    print(json.dumps(report(response).json(), indent=2, ensure_ascii=False))


def tell(problem: object) -> int:
    """Say why it did not work; the exit status."""
    print(f"sandbox-agent: {problem}", file=sys.stderr)
    return FAILED
