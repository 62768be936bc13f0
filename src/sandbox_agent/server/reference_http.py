"""The reference page of the HTTP API, in Markdown, from the API document. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from sandbox_agent.schema.events import EVENT_TYPES
from sandbox_agent.server.examples import curl
from sandbox_agent.server.tables import Schema, table_of, type_words

__all__ = ["http_page"]

_HEAD = """# The HTTP API

Generated from the API document by `make generate`; do not edit by hand. The document itself is
[openapi.json](openapi.json); a running server has it at `/v1/openapi.json` and as a page to read at `/v1/docs`.

Bodies are JSON unless it says otherwise. A session id in a path is one percent-encoded segment, so it may hold any
character. A server with a token wants `authorization: Bearer TOKEN` with everything that is not public.
In the examples `$BASE` is where the server listens, such as `http://127.0.0.1:2468`.

Errors are problem details (RFC 9457): `type` ends with a code that stays the same, `detail` says it in a sentence,
`hint` what to do about it; see [troubleshooting](../troubleshooting.md). Every operation may also answer 401
`token_invalid`, 403 `permission_denied` and 500 `internal_error`; they are left out below.

Streams are server-sent events whose `id` is the sequence. To go on after a break, give the last one as `offset` or
`Last-Event-ID`; nothing is lost or repeated.
"""
_TITLES = {"server": "Server", "agents": "Agents", "sessions": "Sessions", "fs": "Files"}
_EVERYWHERE = ("401", "403", "500")
_EVENTS = frozenset({"Event", "Item", *(kind.__name__ for kind in EVENT_TYPES.values())})
_NOTHING: Schema = {}
Operation: TypeAlias = Mapping[str, Any]


def http_page(document: Mapping[str, Any]) -> str:
    """The whole page."""
    blocks = [_HEAD]
    for tag in document["tags"]:
        blocks.append(f"## {_TITLES[tag['name']]}")
        blocks += [_operation(*each) for each in _operations(document, tag["name"])]
    schemas: Mapping[str, Schema] = document["components"]["schemas"]
    own = [name for name in schemas if _is_here(name)]
    blocks += ["## Types", *(_type(name, schemas[name]) for name in own)]
    return "\n\n".join(block.strip() for block in blocks) + "\n"


def _operations(document: Mapping[str, Any], tag: str) -> Iterator[tuple[str, str, Operation]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if operation["tags"][0] == tag:
                yield method.upper(), path, operation


def _operation(method: str, path: str, operation: Operation) -> str:
    public = " Public: it needs no token." if operation.get("security") == [] else ""
    example = f"```sh\n{curl(method, path, operation)}\n```"
    parts = [f"### {method} {path}", f"{operation['summary']}.{public}", example]
    return "\n\n".join(part for part in [*parts, _parameters(operation), _body(operation), _answers(operation)] if part)


def _parameters(operation: Operation) -> str:
    rows = [
        f"| `{each['name']}` | {each['in']}{'' if each.get('required') else ', optional'} |"
        f" {type_words(each['schema'], _place)} | {each.get('description', '')} |"
        for each in operation["parameters"]
    ]
    return "\n".join(["| parameter | in | type | meaning |", "| --- | --- | --- | --- |", *rows]) if rows else ""


def _body(operation: Operation) -> str:
    body = operation.get("requestBody", _NOTHING)
    kinds = [_content(kind, media) for kind, media in body.get("content", _NOTHING).items()]
    optional = "" if body.get("required") else " It may be left out."
    return f"Body: {' or '.join(kinds)}.{optional}" if kinds else ""


def _answers(operation: Operation) -> str:
    rows = ["| answer | body | meaning |", "| --- | --- | --- |"]
    for status, response in operation["responses"].items():
        if status not in _EVERYWHERE:
            kinds = [_content(kind, media) for kind, media in response.get("content", _NOTHING).items()]
            rows.append(f"| {status} | {' or '.join(kinds)} | {response['description']} |")
    return "\n".join(rows)


def _content(kind: str, media: Mapping[str, Any]) -> str:
    schema: Schema = media.get("x-event", media.get("schema", _NOTHING))
    named = type_words(schema, _place) if schema and schema != {"type": "string"} else ""
    return named if named and kind in ("application/json", "application/problem+json") else f"{named} `{kind}`".strip()


def _type(name: str, schema: Schema) -> str:
    fields = schema.get("properties")
    table = table_of(fields, schema.get("required", ()), _place) if fields else type_words(schema, _place)
    return f"### {name}\n\n{schema.get('description', '')}\n\n{table}"


def _is_here(name: str) -> bool:
    return name not in _EVENTS and not name.endswith("Event") and not name.endswith("Part")


def _place(name: str) -> str:
    if _is_here(name):
        return f"#{name.lower()}"
    return "events.md#envelope" if name.endswith("Event") else f"events.md#{name.lower()}"
