from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.schema.content import StatusPart
from sandbox_agent.schema.events import ItemCompleted

from .said import Chat, calls


def told(**line: Any) -> list[tuple[str, str | None]]:
    chat = Chat()
    chat.started()
    before = len(chat.events)
    chat.hear({"type": "system", **line})
    items = [event.data.item for event in chat.events[before:] if isinstance(event.data, ItemCompleted)]
    return [(part.label, part.detail) for item in items for part in item.content if isinstance(part, StatusPart)]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            {"attempt": 1, "max_retries": 10, "retry_delay_ms": 612.5, "error_status": 529, "error": "overloaded"},
            "attempt 1 of 10 in 0.6 s: overloaded (529)",
        ),
        (
            {"attempt": 2, "max_retries": 3, "retry_delay_ms": 1000, "error_status": None, "error": None},
            "attempt 2 of 3 in 1.0 s: error",
        ),
    ],
)
def test_a_retry_is_a_status(line: dict[str, Any], shown: str) -> None:
    assert told(subtype="api_retry", **line) == [("retry", shown)]


def test_compaction_and_modes_are_statuses() -> None:
    metadata = {"trigger": "auto", "pre_tokens": 1234}
    assert told(subtype="compact_boundary", compact_metadata=metadata) == [("compacted", "auto, 1234 tokens before")]
    assert told(subtype="status", status="compacting") == [("compacting", None)]
    assert told(subtype="status", status=None, compact_error="too short") == [("compaction_failed", "too short")]
    assert told(subtype="status", status=None, permissionMode="plan") == [("permission_mode", "plan")]
    assert told(subtype="informational", content="by the way") == [("informational", "by the way")]


@pytest.mark.parametrize("subtype", ["thinking_tokens", "hook_started", "task_progress", "session_state_changed"])
def test_noise_says_nothing(subtype: str) -> None:
    chat = Chat()
    chat.started()
    before = len(chat.events)
    chat.hear({"type": "system", "subtype": subtype}, {"type": "system", "subtype": "status", "status": "requesting"})
    assert len(chat.events) == before


def test_tasks_are_told_below_the_call_that_started_them() -> None:
    chat = Chat()
    chat.started()
    chat.hear(calls("Bash", {"command": "make", "run_in_background": True}))
    call = chat.last.item.item_id
    chat.hear({"type": "system", "subtype": "task_started", "task_id": "b1", "tool_use_id": "t1", "description": "m"})
    chat.hear({"type": "system", "subtype": "task_updated", "task_id": "b1", "patch": {"status": "completed"}})
    end = {"type": "system", "subtype": "task_notification", "task_id": "b1", "tool_use_id": "t1"}
    chat.hear({**end, "status": "completed", "summary": "made"})
    items = [event.data.item for event in chat.events if isinstance(event.data, ItemCompleted)]
    statuses = [item for item in items if item.kind == "status"]
    assert [item.parent_id for item in statuses] == [call, call]
    assert [part for item in statuses for part in item.content] == [
        StatusPart(label="task.started", detail="m"),
        StatusPart(label="task.completed", detail="made"),
    ]


def test_a_server_that_is_not_as_it_should_be_is_told_once_and_when_it_changes() -> None:
    chat = Chat()
    chat.started()
    told: list[str | None] = []
    for statuses in (
        ("connected", "failed", "pending"),
        ("connected", "failed", "connected"),
        ("failed", "disabled", "x"),
    ):
        before = len(chat.events)
        servers = [{"name": name, "status": status} for name, status in zip("abc", statuses, strict=True)]
        chat.hear({"type": "system", "subtype": "init", "session_id": "n", "mcp_servers": servers})
        items = [event.data.item for event in chat.events[before:] if isinstance(event.data, ItemCompleted)]
        parts = [part for item in items for part in item.content if isinstance(part, StatusPart)]
        told.append(" ".join(f"{part.label}={part.detail}" for part in parts))
    assert told == ["mcp.failed=b mcp.pending=c", "mcp.connected=c", "mcp.failed=a mcp.x=c"]
