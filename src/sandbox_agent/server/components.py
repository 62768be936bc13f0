"""The types of the schema as JSON Schema, said more exactly than their classes alone would. Pure."""

from __future__ import annotations

import inspect
import re
from typing import Any

import msgspec

from sandbox_agent.schema.base import Model
from sandbox_agent.schema.events import EVENT_TYPES, Event
from sandbox_agent.server.docstrings import field_docs

__all__ = ["components"]

_TEMPLATE = "#/components/schemas/{name}"
_SCHEMA = "sandbox_agent.schema."
"""Other modules may have models of the same names, which are none of the wire."""
Schema = dict[str, Any]


def components(types: tuple[list[type[Any]], list[type[Any]]]) -> dict[str, Schema]:
    """The schemas of everything in `types` (what clients send, what they receive) and of every event."""
    sent, received = types
    payloads = list(EVENT_TYPES.values())
    _, requests = msgspec.json.schema_components(sent, ref_template=_TEMPLATE)
    _, found = msgspec.json.schema_components([*sent, *received, Event, *payloads], ref_template=_TEMPLATE)
    schemas: dict[str, Schema] = dict(found)
    classes = {kind.__name__: kind for kind in _all_models() if kind.__module__.startswith(_SCHEMA)}
    for name, schema in schemas.items():
        _describe(schema, classes[name])
        if name not in requests and not classes[name].__struct_config__.omit_defaults:
            # What is always there is not optional to read.
            fields = msgspec.structs.fields(classes[name])
            absent = {field.encode_name for field in fields if field.default is msgspec.UNSET}
            schema["required"] = [each for each in schema["properties"] if each not in absent]
    del schemas["EventData"]
    schemas |= _events(schemas)
    return dict(sorted(schemas.items()))


def _events(schemas: dict[str, Schema]) -> dict[str, Schema]:
    """`Event` as a union: its `type` says which class its `data` is."""
    envelope = schemas["Event"]
    kinds: dict[str, Schema] = {}
    mapping: dict[str, str] = {}
    for wire, data in EVENT_TYPES.items():
        name = f"{data.__name__}Event"
        mapping[wire] = _TEMPLATE.format(name=name)
        properties = {
            **envelope["properties"],
            "type": {"const": wire, "type": "string"},
            "data": {"$ref": _TEMPLATE.format(name=data.__name__)},
        }
        kinds[name] = {
            "title": name,
            "description": schemas[data.__name__]["description"],
            "type": "object",
            "properties": properties,
            "required": envelope["required"],
        }
    union = {
        "title": "Event",
        "description": envelope["description"],
        "oneOf": [{"$ref": ref} for ref in mapping.values()],
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }
    return {**kinds, "Event": union}


def _describe(schema: Schema, kind: type[Model]) -> None:
    schema["description"] = inspect.cleandoc(schema["description"])
    docs = field_docs(kind)
    names = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
    for wire, properties in schema["properties"].items():
        text = docs.get(names.get(wire, ""))
        if text:
            properties["description"] = re.sub(r"\s+", " ", text)


def _all_models(root: type[Any] = Model) -> list[type[Any]]:
    return [each for child in root.__subclasses__() for each in (child, *_all_models(child))]
