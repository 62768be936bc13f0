from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.schema.content import StatusPart

from .chat import Chat


@pytest.fixture
def chat() -> Chat:
    chat = Chat()
    chat.started()
    return chat


def notes(chat: Chat) -> list[tuple[str, str | None]]:
    return [(part.label, part.detail) for item in chat.items for part in item.content if isinstance(part, StatusPart)]


@pytest.mark.parametrize(
    ("method", "params", "note"),
    [
        ("warning", {"message": "mind"}, ("warning", "mind")),
        ("guardianWarning", {"message": "mind"}, ("warning", "mind")),
        ("model/rerouted", {"fromModel": "a", "toModel": "b"}, ("model_rerouted", "a to b")),
        ("mcpServer/startupStatus/updated", {"name": "s", "status": "failed", "error": "no"}, ("mcp.failed", "s: no")),
        (
            "mcpServer/startupStatus/updated",
            {"name": "s", "status": "failed", "error": "The s MCP server is not logged in. Run `codex mcp login s`."},
            ("mcp.needs-auth", "s: The s MCP server is not logged in. Run `codex mcp login s`."),
        ),
        (
            "mcpServer/startupStatus/updated",
            {"name": "s", "status": "failed", "error": "old", "failureReason": "reauthenticationRequired"},
            ("mcp.needs-auth", "s: old"),
        ),
        ("item/mcpToolCall/progress", {"message": "half"}, ("mcp.progress", "half")),
        ("hook/completed", {"run": {"statusMessage": "blocked"}}, ("hook", "blocked")),
        ("thread/goal/updated", {"goal": {"objective": "win"}}, ("goal", "win")),
    ],
)
def test_a_note_is_a_status(chat: Chat, method: str, params: dict[str, Any], note: tuple[str, str | None]) -> None:
    chat.told(method, **params)
    assert notes(chat) == [note]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("configWarning", {"summary": "no bubblewrap"}),
        ("mcpServer/startupStatus/updated", {"name": "s", "status": "ready"}),
        ("hook/completed", {"run": {}}),
        ("thread/realtime/started", {}),
        ("account/rateLimits/updated", {"rateLimits": {"primary": None}}),
    ],
)
def test_noise_says_nothing(chat: Chat, method: str, params: dict[str, Any]) -> None:
    before = len(chat.events)
    chat.told(method, **params)
    assert len(chat.events) == before


def test_rate_limits_are_told_when_they_change(chat: Chat) -> None:
    limits = {"primary": {"usedPercent": 40, "windowDurationMins": 300, "resetsAt": 1800000000}}
    chat.told("account/rateLimits/updated", rateLimits=limits)
    chat.told("account/rateLimits/updated", rateLimits=limits)
    chat.told("account/rateLimits/updated", rateLimits={"secondary": {"usedPercent": 5}})
    assert notes(chat) == [
        ("rate_limits", "primary 40% of 300 minutes, resets at 1800000000"),
        ("rate_limits", "secondary 5%"),
    ]
