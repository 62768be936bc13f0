"""Says in a few words what an adapter made of a native message, so that a row of a table can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox_agent.schema.base import to_builtins
from sandbox_agent.schema.events import Event

__all__ = ["brief"]


def brief(events: Sequence[Event]) -> list[str]:
    """One line an event: its type, and of an item also kind and role, and when it is completed status and parts."""
    return [f"{event.type} {_words(to_builtins(event.data))}".strip() for event in events]


def _words(data: dict[str, Any]) -> str:
    if (item := data.get("item")) is not None:
        if item["status"] == "in_progress":
            return f"{item['kind']} {item['role']}"
        parts = ",".join(part.get("label") or part["type"] for part in item["content"])
        return " ".join(str(each) for each in (item["kind"], item["role"], item["status"], parts) if each)
    for key in ("action", "prompt", "delta", "code", "location", "reason"):
        if data.get(key):
            return str(data[key])
    return ""
