"""A thread's messages in the words a `ModelRequest` reads. Pure."""

from __future__ import annotations

from sandbox_agent.schema.base import encode
from sandbox_agent.testing.amp.values import Json, list_of, object_of

__all__ = ["conversation"]


def conversation(messages: list[Json]) -> list[Json]:
    """The messages with tool results as blocks of their own kind."""
    return [{"role": message["role"], "content": _blocks(message)} for message in messages]


def _blocks(message: Json) -> list[Json]:
    return [_block(block) for block in list_of(message["content"])]


def _block(block: Json) -> Json:
    if block.get("type") != "tool_result":
        return block
    run = object_of(block.get("run"))
    result = run.get("result", run)
    text = result if isinstance(result, str) else encode(result).decode()
    return {"type": "tool_result", "tool_use_id": block.get("toolUseID"), "content": text, "status": run.get("status")}
