"""The reference page of events, in markdown, from the schema's docstrings and the grammar's tables. Pure."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from sandbox_agent.schema import grammar
from sandbox_agent.schema.events import EVENT_TYPES, EventData
from sandbox_agent.server.components import components
from sandbox_agent.server.tables import Schema, table_of

__all__ = ["events_page"]

_HEAD = """# Events

Generated from the schema by `make generate`; do not edit by hand.

A session's history is a log of events. Live streams, pages of the history and a stream that goes on after a break give
the same bytes. `GET /v1/sessions/{session_id}/events` answers with pages, `GET /v1/sessions/{session_id}/events/sse`
follows: each server-sent event has the sequence as its `id` and one event as its `data`.
"""
_PARTS = "Item"
_WIDE = 4
"""Events between the same two states from which on they are named by family."""


def events_page() -> str:
    """The whole page."""
    schemas = components(([], []))
    blocks = [_HEAD, _envelope(schemas), _grammar(), "## Event types\n"]
    for wire, kind in EVENT_TYPES.items():
        blocks.append(f"### {wire}\n\n{_section(schemas, kind.__name__)}")
    blocks.append("## Types that events hold\n")
    blocks.extend(f"### {name}\n\n{_section(schemas, name)}" for name in _shared(schemas))
    return "\n".join(block.rstrip() + "\n" for block in blocks)


def _envelope(schemas: Mapping[str, Schema]) -> str:
    first = schemas[f"{next(iter(EVENT_TYPES.values())).__name__}Event"]
    fields = {
        **first["properties"],
        "type": {"type": "string", "description": "One of the event types below."},
        "data": {"description": "What happened; its fields depend on `type`."},
    }
    table = table_of(fields, first["required"])
    return f"## Envelope\n\n{schemas['Event']['description']}\n\n{table}"


def _grammar() -> str:
    rules = inspect.cleandoc(grammar.__doc__ or "").partition("The rules")[2]
    machines = (
        ("A session", grammar.SESSION, grammar.SessionPhase.NEW),
        ("An item", grammar.ITEM, grammar.ItemState.ABSENT),
        ("A permission or question", grammar.REQUEST, grammar.RequestState.ABSENT),
    )
    parts = "\n\n".join(f"{title}:\n\n{_steps(table, first)}" for title, table, first in machines)
    return f"## Order\n\nThe rules{rules}\n\n{parts}"


def _steps(table: Mapping[Any, Mapping[str, Any]], first: Enum) -> str:
    lines = ["| state | event | then |", "| --- | --- | --- |"]
    for state, following in table.items():
        name = f"{state.value} (first)" if state is first else state.value
        for target in dict.fromkeys(following.values()):
            label = _label([event for event, to in following.items() if to is target])
            lines.append(f"| {name} | {label} | {target.value} |")
        if not following:
            lines.append(f"| {name} | nothing more | |")
    return "\n".join(lines)


def _label(events: list[str]) -> str:
    if len(events) > _WIDE:
        events = list(dict.fromkeys(name.partition(".")[0] + ".*" * ("." in name) for name in events))
    return ", ".join(f"`{event}`" for event in events)


def _section(schemas: Mapping[str, Schema], name: str) -> str:
    schema = schemas[name]
    fields = schema["properties"]
    return f"{schema['description']}\n\n{table_of(fields, schema['required'])}" if fields else schema["description"]


def _shared(schemas: Mapping[str, Schema]) -> list[str]:
    """The types that the data of events refer to, as they are met."""
    found: dict[str, None] = {}
    waiting = [kind.__name__ for kind in EVENT_TYPES.values()]
    top = set(waiting)
    while waiting:
        for name in _references(schemas[waiting.pop(0)]):
            if name not in found and name not in top and name != EventData.__name__:
                found[name] = None
                waiting.append(name)
    return list(found)


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():  # pyright: ignore[reportUnknownVariableType]
            if key == "$ref":
                yield str(value).rpartition("/")[2]  # pyright: ignore[reportUnknownArgumentType]
            elif key != "mapping":
                yield from _references(value)
    elif isinstance(schema, list):
        for each in schema:  # pyright: ignore[reportUnknownVariableType]
            yield from _references(each)
