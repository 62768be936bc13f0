"""The reference page of the Python client, in Markdown, from its public names and their docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import msgspec

import sandbox_agent
from sandbox_agent.client.sync_methods import OfSession
from sandbox_agent.schema.errors import ApiError, SandboxAgentError
from sandbox_agent.schema.events import EVENT_TYPES
from sandbox_agent.server.docstrings import field_docs

HEAD = """# The Python client: every name

Generated from the docstrings by `make generate`; do not edit by hand. [The Python client](../python.md) shows how they
go together.

Everything is imported from `sandbox_agent`. `AsyncSandboxAgent` has the names of `SandboxAgent`, and so has each class
that begins with `Async`: what blocks here is awaited there, `for` becomes `async for` and `with` becomes `async with`.
Classes that are values (answers, events, items) are msgspec structs: compared by value, and matched on by `match`.
"""
ASYNC = "Async"
FIRST = ("SandboxAgent", "Session", "Turn", "EventStream", "RequestStream", "Files", "Transcript", "Store")
ELSEWHERE = "See `"
"""How the docstring of a method begins that is explained where its protocol is."""


def python_page() -> str:
    """The whole page."""
    kinds = {name: getattr(sandbox_agent, name) for name in sandbox_agent.__all__}
    classes = {name: kind for name, kind in kinds.items() if inspect.isclass(kind) and not name.startswith(ASYNC)}
    errors = {name: kind for name, kind in classes.items() if issubclass(kind, SandboxAgentError)}
    values = {name: kind for name, kind in classes.items() if issubclass(kind, msgspec.Struct)}
    active = {name: kind for name, kind in classes.items() if name not in errors and name not in values}
    blocks = [HEAD, "## Clients, sessions, turns, stores"]
    blocks += [_active(name, active[name]) for name in (*FIRST, *(name for name in active if name not in FIRST))]
    blocks += ["## Errors", _errors(errors), "## Values", _events(values)]
    others = {name: kind for name, kind in values.items() if kind not in EVENT_TYPES.values()}
    blocks += [_value(name, kind) for name, kind in others.items()]
    return "\n\n".join(block.strip() for block in blocks) + "\n"


def _active(name: str, kind: type) -> str:
    lines = [f"### {name}", inspect.getdoc(kind) or ""]
    lines += [_method(member, value) for member, value in _members(kind)]
    return "\n\n".join(lines)


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """Public ones, in the order of their names; inherited ones of ours too."""
    for name in sorted(name for name in dir(kind) if not name.startswith("_")):
        owner = next(each for each in kind.__mro__ if name in vars(each))
        value = vars(owner)[name]
        words = inspect.getdoc(_function(value))
        if owner.__module__.startswith("sandbox_agent") and words and not words.startswith(ELSEWHERE):
            yield name, value


def _function(value: Any) -> Any:
    return inspect.unwrap(value.__func__ if isinstance(value, classmethod | staticmethod) else value)


def _method(name: str, value: Any) -> str:
    function = _function(value)
    words = " ".join((inspect.getdoc(function) or "").split())
    if isinstance(value, property):
        return f"**`{name}`** {words}"
    hidden = ("self", "cls")
    parameters = [each for each in inspect.signature(function).parameters.values() if each.name not in hidden]
    given = parameters[1:] if isinstance(value, OfSession) else parameters  # a session knows its id
    return f"**`{name}({_arguments(given)})`** {words}"


def _arguments(parameters: list[inspect.Parameter]) -> str:
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in parameters]
    return str(inspect.Signature(bare))[1:-1]


def _errors(errors: dict[str, type[SandboxAgentError]]) -> str:
    rows = ["| class | status | code | when |", "| --- | --- | --- | --- |"]
    for name, kind in errors.items():
        status, code = "", ""
        if issubclass(kind, ApiError) and kind is not ApiError:
            status, code = str(kind.default_status), f"`{kind.code}`"
        rows.append(f"| `{name}` | {status} | {code} | {_sentence(kind)} |")
    return "\n".join(rows)


def _events(values: dict[str, type]) -> str:
    names = {kind: name for name, kind in values.items()}
    rows = [
        "Data of events, with their fields on [the page of events](events.md):",
        "",
        "| class | event |",
        "| --- | --- |",
    ]
    rows += [f"| `{names[kind]}` | [{wire}](events.md#{wire.replace('.', '')}) |" for wire, kind in EVENT_TYPES.items()]
    return "\n".join(rows)


def _value(name: str, kind: type[msgspec.Struct]) -> str:
    docs = field_docs(kind)
    rows = ["| field | type | |", "| --- | --- | --- |"] if kind.__struct_fields__ else []
    for field in kind.__struct_fields__:
        annotation = next(each.__annotations__[field] for each in kind.__mro__ if field in each.__annotations__)
        words = " ".join(docs.get(field, "").split())
        kind_of = str(annotation).replace("|", r"\|")
        rows.append(f"| `{field}` | `{kind_of}` | {words} |")
    return "\n\n".join([f"### {name}", inspect.getdoc(kind) or "", "\n".join(rows)])


def _sentence(kind: type) -> str:
    return " ".join((inspect.getdoc(kind) or "").split("\n\n", 1)[0].split())
