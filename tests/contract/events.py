"""Events in short, so that a row of the contract reads as it does there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["short"]


def short(events: Iterable[dict[str, Any]]) -> list[str]:
    """Each event as its type and what tells it from others; `(s)` marks synthetic ones."""
    return [_short(event) for event in events]


def _short(event: dict[str, Any]) -> str:
    words = [event["type"] + ("(s)" if event["synthetic"] else ""), *_details(event["data"])]
    return " ".join(word for word in words if word)


def _details(data: dict[str, Any]) -> list[str]:
    if (item := data.get("item")) is not None:
        kind = item["role"] if item["kind"] == "message" else item["kind"]
        return [kind, item["item_id"], item["status"] if item["status"] == "failed" else ""]
    if "delta" in data:
        return [data["item_id"]]
    return [data.get(name) or "" for name in ("permission_id", "question_id", "code", "status")]
