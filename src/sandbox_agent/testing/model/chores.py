"""Sensible answers to what agents ask besides their turns: titles, token counts, the list of models."""

from __future__ import annotations

from typing import Any, TypeAlias

from sandbox_agent.schema.base import encode
from sandbox_agent.testing.model.request import ModelRequest
from sandbox_agent.testing.model.script import Reply, Say

__all__ = ["MODEL_NAMES", "instance", "model_list", "structured", "token_count"]

Json: TypeAlias = dict[str, Any]

MODEL_NAMES = ("claude-opus-5-5", "claude-opus-4-8", "claude-sonnet-4-6", "claude-haiku-4-5")
PLAIN: dict[str, object] = {"string": "scripted", "integer": 0, "number": 0, "boolean": False, "null": None}


def model_list() -> Json:
    """The answer to `GET /v1/models`."""
    models = [model(name) for name in MODEL_NAMES]
    return {"data": models, "has_more": False, "first_id": MODEL_NAMES[0], "last_id": MODEL_NAMES[-1]}


def model(name: str) -> Json:
    """One entry of the list of models."""
    return {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}


def token_count(request: ModelRequest) -> Json:
    """The answer to `count_tokens`: a quarter of the bytes."""
    return {"input_tokens": len(encode(request.body)) // 4}


def structured(request: ModelRequest) -> Reply:
    """Output that obeys the schema asked for."""
    return Reply(steps=(Say(text=encode(instance(request.schema or {})).decode()),))


def instance(schema: Json) -> object:
    """The plainest value that obeys a JSON schema; enough for titles and classifications."""
    match schema:
        case {"const": value}:
            return value
        case {"enum": [first, *_]}:
            return first
        case {"anyOf": [dict(first), *_]} | {"oneOf": [dict(first), *_]}:
            return instance(first)
        case {"properties": dict(properties)}:
            return {name: instance(each) for name, each in properties.items()}
        case {"type": "array", "items": dict(items), "minItems": int(least)}:
            return [instance(items)] * least
        case {"type": "array"}:
            return []
        case {"type": "object"}:
            return {}
        case {"type": [str(first), *_]} | {"type": str(first)}:
            return PLAIN.get(first)
        case _:
            return None
