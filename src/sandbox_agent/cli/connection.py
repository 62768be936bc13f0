"""How commands that talk to a server reach it, and how they say what it answered."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

import httpx

from sandbox_agent.cli.options import ENDPOINT, NoToken, given_token

__all__ = ["FAILED", "Failed", "connect", "explain", "print_json", "report", "tell"]

FAILED = 1
_UNIX = "unix:"
_CONNECT_SECONDS = 5.0
_UNAUTHORIZED = 401


class Failed(Exception):
    """The command cannot go on; the text says why."""


def connect(args: argparse.Namespace, environ: Mapping[str, str] | None = None) -> httpx.Client:
    """A client for the server that the options and the environment name. Raises `Failed`."""
    environ = os.environ if environ is None else environ
    endpoint = (args.endpoint or environ.get("SANDBOX_AGENT_ENDPOINT") or ENDPOINT).rstrip("/")
    try:
        token = None if args.no_token else given_token(args, environ)
    except NoToken as problem:
        raise Failed(str(problem)) from problem
    socket = endpoint.removeprefix(_UNIX) if endpoint.startswith(_UNIX) else None
    return httpx.Client(
        base_url="http://localhost" if socket else endpoint,
        transport=httpx.HTTPTransport(uds=socket) if socket else None,
        headers={"authorization": f"Bearer {token}"} if token else {},
        timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
        trust_env=False,  # no proxy is asked, but SSL_CERT_FILE counts
        verify=httpx.create_ssl_context() if endpoint.startswith("https:") else True,
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
    hint = ""
    if response.status_code == _UNAUTHORIZED:
        hint = "; give the server's token with --token-file, --token or SANDBOX_AGENT_TOKEN"
    raise Failed(f"unexpected http status {response.status_code} {response.reason_phrase}{hint}")


def print_json(value: Any, *, compact: bool = False) -> None:
    """Print a JSON value, indented or on one line."""
    layout: dict[str, Any] = {"separators": (",", ":")} if compact else {"indent": 2}
    print(json.dumps(value, ensure_ascii=False, **layout))


def explain(problem: Exception) -> str:
    """What went wrong on the way to a server, and what to do about it."""
    text = str(problem) or type(problem).__name__
    if isinstance(problem, httpx.ConnectError | httpx.ConnectTimeout):
        return f"no server can be reached: {text}; start one with `sandbox-agent daemon start`, or name it with -e"
    if isinstance(problem, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return f"this is no endpoint: {text}; an example: {ENDPOINT}"
    return text


def tell(problem: object) -> int:
    """Say why it did not work; the exit status."""
    print(f"sandbox-agent: {problem}", file=sys.stderr)
    return FAILED
