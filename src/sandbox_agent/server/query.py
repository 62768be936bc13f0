"""Query parameters: structs whose fields are the parameters, read by the rules of the contract.

Each name works in camelCase and in snake_case, once; booleans are `true` or `false`; numbers are unsigned decimal;
unknown names are ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias, TypeVar, get_args
from urllib.parse import parse_qsl

import msgspec

from sandbox_agent.schema.base import Model
from sandbox_agent.schema.errors import InvalidRequest

__all__ = ["Agents", "Follow", "NoQuery", "Page", "Parameter", "StreamOptions", "parameters", "parse_query"]

Q = TypeVar("Q", bound=Model)
Kind: TypeAlias = Literal["boolean", "integer", "string"]

_UNSIGNED = re.compile(r"[0-9]{1,20}")
_LARGEST = 2**64 - 1
_FLAGS = {"true": True, "false": False}


class NoQuery(Model):
    """The endpoint takes no query parameters."""


class Agents(Model):
    """Which agents."""

    agents: str | None = None
    """Their names, with commas between them. Those the server was started to require when absent."""


class StreamOptions(Model):
    """How events are to look."""

    include_raw: bool = False
    """Give what the agent said as `raw` of each event."""
    heartbeat_ms: int | None = None
    """Break a silence of so many milliseconds (100 or more) with an event named `heartbeat`, not only a comment."""


class Follow(Model):
    """Where to begin, and how events are to look."""

    offset: int = 0
    """Only events with a higher sequence."""
    include_raw: bool = False
    """Give what the agent said as `raw` of each event."""
    limit: int | None = None
    """Accepted for old clients and ignored."""
    heartbeat_ms: int | None = None
    """Break a silence of so many milliseconds (100 or more) with an event named `heartbeat`, not only a comment."""


class Page(Model):
    """Which events, and how they are to look."""

    offset: int = 0
    """Only events with a higher sequence."""
    limit: int | None = None
    """At most so many events; all when absent."""
    include_raw: bool = False
    """Give what the agent said as `raw` of each event."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter."""

    field: str
    name: str
    """As documented: camelCase."""
    kind: Kind
    required: bool


@cache
def parameters(kind: type[Model]) -> tuple[Parameter, ...]:
    """The parameters that a struct describes."""
    return tuple(
        Parameter(each.name, _camel(each.name), _kind(each.type), each.required)
        for each in msgspec.structs.fields(kind)
    )


def _kind(type_: Any) -> Kind:
    words: dict[type, Kind] = {bool: "boolean", int: "integer", str: "string"}
    return next(words[each] for each in (type_, *get_args(type_)) if each in words)


def parse_query(raw: bytes, kind: type[Q]) -> Q:
    """The struct that a query string describes. Raises `InvalidRequest`."""
    known = _spellings(kind)
    values: dict[str, Any] = {}
    for name, text in _pairs(raw):
        parameter = known.get(name)
        if parameter is None:
            continue
        if parameter.field in values:
            raise InvalidRequest(f"duplicate query parameter: {parameter.name}")
        values[parameter.field] = _value(parameter, text)
    for parameter in known.values():
        if parameter.required and parameter.field not in values:
            raise InvalidRequest(f"missing query parameter: {parameter.name}")
    return kind(**values)


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(raw.decode("latin-1"), keep_blank_values=True, errors="strict") if raw else []
    except UnicodeDecodeError as error:
        raise InvalidRequest("a query parameter is not UTF-8", hint="percent-encode the bytes of UTF-8") from error


def _value(parameter: Parameter, text: str) -> bool | int | str:
    if parameter.kind == "string":
        return text
    if parameter.kind == "boolean":
        if text not in _FLAGS:
            raise InvalidRequest(
                f"query parameter {parameter.name}: {text[:40]!r} is not a boolean", hint="true or false"
            )
        return _FLAGS[text]
    if not _UNSIGNED.fullmatch(text) or int(text) > _LARGEST:
        raise InvalidRequest(
            f"query parameter {parameter.name}: {text[:40]!r} is not an unsigned integer",
            hint="decimal digits only",
        )
    return int(text)


@cache
def _spellings(kind: type[Model]) -> dict[str, Parameter]:
    return {name: each for each in parameters(kind) for name in (each.name, each.field)}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)
