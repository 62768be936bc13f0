"""Types of the document: what a value may be, and the fields of each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from sandbox_agent.server.apidocs.markup import Markup, element, join

__all__ = ["anchor", "schema_sections", "type_of"]

Schema: TypeAlias = Mapping[str, Any]
_ANY: Schema = {}
_FEW = 6
"""Variants of a union that are named in the running text."""


def anchor(name: str) -> str:
    """The id of a type's section."""
    return f"type-{name}"


def type_of(schema: Schema) -> Markup:
    """What a value of this schema is, in a few words."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return element("a", name, href=f"#{anchor(name)}")
    if "const" in schema:
        return element("code", repr(schema["const"]).replace("'", '"'))
    return _choice(schema) or _plain(schema)


def _choice(schema: Schema) -> Markup | None:
    if "enum" in schema:
        return _either(
            [element("code", f'"{value}"' if isinstance(value, str) else str(value)) for value in schema["enum"]]
        )
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return _either([type_of(each) for each in schema[key]])
    return None


def _plain(schema: Schema) -> Markup:
    match schema.get("type"):
        case "array":
            return join(["list of ", type_of(schema.get("items", _ANY))])
        case "object":
            values: Schema = schema.get("additionalProperties", _ANY)
            return join(["map to ", type_of(values)]) if values else Markup("object")
        case str(word):
            return Markup.of_text(word)
        case _:
            return Markup("any JSON")


def _either(parts: list[Markup]) -> Markup:
    return join(piece for index, part in enumerate(parts) for piece in ((" or ",) if index else ()) + (part,))


def schema_sections(document: Mapping[str, Any]) -> Markup:
    """All types, each with its fields."""
    schemas: Mapping[str, Schema] = document["components"]["schemas"]
    sections = [_section(name, schema) for name, schema in schemas.items()]
    return element("section", element("h2", "Types", id="types"), *sections)


def _section(name: str, schema: Schema) -> Markup:
    described = Markup.of_text(str(schema.get("description", "")))
    return element(
        "article",
        element("h3", element("a", name, href=f"#{anchor(name)}")),
        element("p", described),
        _fields(schema),
        id=anchor(name),
        class_="type",
        data_find=name.lower(),
    )


def _fields(schema: Schema) -> Markup:
    if "oneOf" in schema:
        variants = [element("li", type_of(each)) for each in schema["oneOf"]]
        many = "variants many" if len(variants) > _FEW else "variants"
        return element("ul", *variants, class_=many)
    properties: Mapping[str, Schema] = schema.get("properties", _ANY)
    if not properties:
        return Markup("")
    required = set(schema.get("required", ()))
    rows = [_row(name, field, there=name in required) for name, field in properties.items()]
    return element("div", element("table", element("tbody", *rows)), class_="scroll")


def _row(name: str, field: Schema, *, there: bool) -> Markup:
    return element(
        "tr",
        element("th", element("code", name), "" if there else element("span", "optional", class_="note"), scope="row"),
        element("td", type_of(field), class_="kind"),
        element("td", Markup.of_text(str(field.get("description", "")))),
    )
