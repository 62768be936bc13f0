"""From an endpoint to a command: its fields become arguments, its arguments a request."""

from __future__ import annotations

import argparse
import dataclasses
import functools
import re
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin
from urllib.parse import quote

import msgspec

from sandbox_agent.cli.command import Command, Option
from sandbox_agent.cli.options import add_connection, add_token_options
from sandbox_agent.cli.parser import Subparsers
from sandbox_agent.cli.values import json_value
from sandbox_agent.server.docstrings import field_docs
from sandbox_agent.server.endpoint import Endpoint
from sandbox_agent.server.endpoints import ENDPOINTS
from sandbox_agent.server.query import parameters

__all__ = ["Request", "add_group", "endpoint_of", "request_of"]

Place = Literal["path", "query", "body"]

_PATH_OPTIONS = {
    "session_id": Option(metavar="ID", help="the session"),
    "agent": Option(metavar="AGENT", help="for example: claude"),
}
_BY_NAME = {each.name: each for each in ENDPOINTS}


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to send."""

    method: str
    path: str
    query: dict[str, Any]
    body: dict[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class _Field:
    place: Place
    name: str
    wire: str
    kind: Any
    required: bool
    option: Option
    owner: type | None = None

    @property
    def dest(self) -> str:
        """With the place in it, so that no field can take the name of an option that every command has."""
        return f"{self.place}.{self.name}"


def endpoint_of(command: Command) -> Endpoint:
    """The row of the table that a command calls."""
    return _BY_NAME[command.endpoint]


def add_group(subparsers: Subparsers, name: str, purpose: str, commands: Sequence[Command]) -> None:
    """Add a command that has others below it."""
    parser = subparsers.add_parser(name, help=purpose, description=purpose[0].upper() + purpose[1:] + ".")
    add_token_options(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for command in commands:
        _add(actions, command)


def _add(actions: Subparsers, command: Command) -> None:
    endpoint = endpoint_of(command)
    purpose = command.purpose or endpoint.summary
    parser = actions.add_parser(
        command.name,
        help=purpose[0].lower() + purpose[1:],
        description=f"{purpose}.",
        epilog=f"example: sandbox-agent {command.example}",
    )
    for field in _fields(command, endpoint):
        _add_field(parser, field)
    if command.upload is not None:
        command.upload.add(parser)
    add_connection(parser)
    _add_output(parser, endpoint)
    parser.set_defaults(call=command, run=_perform)


def _perform(args: argparse.Namespace) -> int:
    from sandbox_agent.cli.perform import run  # noqa: PLC0415 - a help text needs no HTTP

    return run(args)


def _add_output(parser: argparse.ArgumentParser, endpoint: Endpoint) -> None:
    if endpoint.answer == "events":
        words = "json: an event a line; pretty: as `run` shows them (default: server-sent events as they come)"
        parser.add_argument("--output", choices=("json", "pretty"), help=words)
    elif endpoint.answer == "progress":
        words = "json: a step a line (default: server-sent events as they come)"
        parser.add_argument("--output", choices=("json",), help=words)
    elif endpoint.answer not in {"bytes", "nothing"} or endpoint.also is not None:
        words = "json on one line or indented (default: %(default)s)"
        parser.add_argument("--output", choices=("json", "pretty"), default="pretty", help=words)


def _fields(command: Command, endpoint: Endpoint) -> Iterator[_Field]:
    def option(name: str) -> Option:
        return command.options.get(name, Option())

    for name in re.findall(r"\{(\w+)\}", endpoint.path):
        given = command.options.get(name) or _PATH_OPTIONS.get(name, Option())
        named = dataclasses.replace(given, names=(name,))
        yield _Field(place="path", name=name, wire=name, kind=str, required=True, option=named)
    kinds: dict[str, Any] = {"boolean": bool, "integer": int, "string": str}
    for each in parameters(endpoint.query):
        yield _Field(
            place="query",
            name=each.field,
            wire=each.name,
            kind=kinds[each.kind],
            required=each.required,
            option=option(each.field),
            owner=endpoint.query,
        )
    if endpoint.takes_body and not endpoint.streams_body:
        for item in msgspec.structs.fields(endpoint.body):
            yield _Field(
                place="body",
                name=item.name,
                wire=item.encode_name,
                kind=_plain(item.type),
                required=item.required,
                option=option(item.name),
                owner=endpoint.body,
            )


def _plain(kind: Any) -> Any:
    """The type of a field when it is there."""
    if get_origin(kind) in {Union, types.UnionType}:
        others = [each for each in get_args(kind) if each is not types.NoneType]
        return others[0] if len(others) == 1 else Any
    return kind


def _add_field(parser: argparse.ArgumentParser, field: _Field) -> None:
    option = field.option
    names = option.names or (f"--{field.name.replace('_', '-')}",)
    words = option.help or (_documented(field.owner, field.name) if field.owner else "")
    given: dict[str, Any] = {"help": words.replace("%", "%%"), "default": argparse.SUPPRESS}
    if names[0].startswith("-"):
        given |= {"dest": field.dest, "required": field.required}
    else:
        given["metavar"] = option.metavar or names[0]
        names = (field.dest,)
    if field.kind is bool:
        parser.add_argument(*names, action="store_true", **given)
        return
    if option.metavar:
        given["metavar"] = option.metavar
    given = _reading(field) | given
    if option.repeat:
        given["action"] = "append"
    parser.add_argument(*names, **given)


def _reading(field: _Field) -> dict[str, Any]:
    """How the text of an argument becomes a value."""
    if field.option.read is not None:
        return {"type": field.option.read}
    if get_origin(field.kind) is Literal:
        return {"type": str.lower, "choices": get_args(field.kind)}
    if field.kind is int:
        return {"type": int} | ({} if field.option.metavar else {"metavar": "N"})
    if field.kind is str:
        return {} if field.option.metavar else {"metavar": "TEXT"}
    return {"type": json_value, "metavar": field.option.metavar or "JSON"}


@functools.cache
def _documented(owner: type, name: str) -> str:
    """The first sentence that the schema says of a field, as a help text."""
    words = " ".join(field_docs(owner).get(name, "").split())
    sentence = words.split(". ")[0].removesuffix(".").replace(" (additive)", "").replace("`", "")
    return sentence[:1].lower() + sentence[1:]


def request_of(command: Command, args: argparse.Namespace) -> Request:
    """The request that a parsed command line describes."""
    endpoint = endpoint_of(command)
    values = vars(args)
    path, query, body = endpoint.path, dict[str, Any](), dict[str, Any]()
    for field in _fields(command, endpoint):
        if field.dest not in values:
            continue
        value = values[field.dest]
        if field.option.wrap is not None:
            value = field.option.wrap(value)
        match field.place:
            case "path":
                path = path.replace(f"{{{field.name}}}", _segment(value))
            case "query":
                query[field.wire] = str(value).lower() if isinstance(value, bool) else value
            case "body":
                body[field.wire] = value
    takes_body = endpoint.takes_body and not endpoint.streams_body
    return Request(method=endpoint.method, path=path, query=query, body=body if takes_body else None)


def _segment(text: str) -> str:
    if text in {".", ".."}:  # a path of dots would be folded away on the way
        return text.replace(".", "%2E")
    return quote(text, safe="")
