"""Sensible answers to what agents ask besides their turns: titles, token counts, the list of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox_agent.schema.base import encode
from sandbox_agent.testing.model.script import Reply, Say

if TYPE_CHECKING:
    from sandbox_agent.testing.model.request import ModelRequest

__all__ = ["MODEL_NAMES", "TITLE", "instance", "model_list", "structured", "title", "token_count"]

Json: TypeAlias = dict[str, Any]

MODEL_NAMES = ("claude-opus-5-5", "claude-opus-4-8", "claude-sonnet-4-6", "claude-haiku-4-5")
TITLE = "A scripted conversation"
PLAIN: dict[str, object] = {
    "string": "scripted",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "null": None,
    "object": {},
}


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


def title() -> Reply:
    """A name for the conversation."""
    return Reply(steps=(Say(text=TITLE),))


def instance(schema: Json) -> object:
    """The plainest value that obeys a JSON schema; enough for titles and classifications."""
    for word in ("const", "enum", "anyOf", "oneOf"):
        if word in schema:
            given: Any = schema[word]
            first: Any = given if word == "const" else given[0]
            return instance(first) if word.endswith("Of") else first
    if "properties" in schema:
        properties: dict[str, Json] = schema["properties"]
        return {name: instance(each) for name, each in properties.items()}
    kind: Any = schema.get("type")
    if kind == "array":
        return [instance(schema.get("items", {}))] * int(schema.get("minItems", 0))
    return PLAIN.get(kind if isinstance(kind, str) else kind[0] if kind else "null")
