"""Sends what a command describes, and prints the answer as it comes."""

from __future__ import annotations

import argparse
import contextlib
import sys
from typing import Any

import httpx

from sandbox_agent.cli.command import Command
from sandbox_agent.cli.connection import Failed, connect, explain, print_json, report, tell
from sandbox_agent.cli.derive import endpoint_of, request_of
from sandbox_agent.cli.refusal import is_refusal
from sandbox_agent.cli.streams import STREAM_TIMEOUT, print_stream
from sandbox_agent.server.endpoint import Endpoint

__all__ = ["run"]

_PIECE = 256 * 1024


def run(args: argparse.Namespace) -> int:
    """Do it; 0 when the server did, 1 with its answer on stderr when not."""
    command: Command = args.call
    try:
        with connect(args) as client:
            _perform(client, command, args)
    except (Failed, OSError, httpx.HTTPError, httpx.InvalidURL) as problem:
        if isinstance(problem, OSError) and is_refusal(problem):
            raise
        return tell(explain(problem))
    return 0


def _perform(client: httpx.Client, command: Command, args: argparse.Namespace) -> None:
    endpoint = endpoint_of(command)
    request = request_of(command, args)
    content: dict[str, Any] = {} if request.body is None else {"json": request.body}
    if endpoint.streams:
        content |= {"timeout": STREAM_TIMEOUT, "headers": {"accept-encoding": "identity"}}
    with contextlib.ExitStack() as stack:
        if command.upload is not None:
            content["content"] = stack.enter_context(command.upload.open(args))
            content["headers"] = {"content-type": command.upload.content_type}
        response = client.stream(request.method, request.path, params=request.query, **content)
        _print(report(stack.enter_context(response)), endpoint, args)


def _print(response: httpx.Response, endpoint: Endpoint, args: argparse.Namespace) -> None:
    if endpoint.streams:
        print_stream(response, args)
    elif endpoint.answer == "bytes":
        for piece in response.iter_raw(_PIECE):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    elif response.read():
        print_json(response.json(), compact=args.output == "json")
