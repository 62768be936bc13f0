from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from sandbox_agent.testing.model.chores import instance

SCHEMAS: list[dict[str, Any]] = [
    {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
    {"type": "object"},
    {"const": 3},
    {"enum": ["a", "b"]},
    {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    {"oneOf": [{"type": "boolean"}]},
    {"type": "array", "items": {"type": "number"}, "minItems": 2},
    {"type": "array"},
    {"type": ["string", "null"]},
    {},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_the_plainest_value_obeys_the_schema(schema: dict[str, Any]) -> None:
    jsonschema.validate(instance(schema), schema)
