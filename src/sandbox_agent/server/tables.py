"""Tables of fields for the reference pages, in Markdown, from JSON Schema. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

__all__ = ["Schema", "here", "table_of", "type_words"]

Schema: TypeAlias = Mapping[str, Any]
Place: TypeAlias = Callable[[str], str]
"""From the name of a type to the address of its section."""
_ANY: Schema = {}


def here(name: str) -> str:
    """The section is on the same page."""
    return f"#{name.lower()}"


def table_of(fields: Mapping[str, Schema], required: Iterable[str], place: Place = here) -> str:
    """A row for each field."""
    always = set(required)
    rows = ["| field | type | there | meaning |", "| --- | --- | --- | --- |"]
    for name, schema in fields.items():
        there = "always" if name in always else "when known"
        words = " ".join(schema.get("description", "").split())
        rows.append(f"| `{name}` | {type_words(schema, place)} | {there} | {words} |")
    return "\n".join(rows)


def type_words(schema: Schema, place: Place = here) -> str:
    """What a value of this schema is, in a few words, with links to the types it names."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}]({place(name)})"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(type_words(each, place) for each in schema[key])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    return _plain(schema, place)


def _plain(schema: Schema, place: Place) -> str:
    match schema.get("type", "any JSON"):
        case "array":
            return f"list of {type_words(schema.get('items', _ANY), place)}"
        case "object" if schema.get("additionalProperties"):
            return f"map to {type_words(schema['additionalProperties'], place)}"
        case word:
            return str(word)
