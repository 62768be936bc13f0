"""What agents that know no base URL in their environment must be told to find a scripted model."""

from __future__ import annotations

from typing import Any

__all__ = ["opencode_config"]

_MODALITIES = {"input": ["text", "image"], "output": ["text"]}


def opencode_config(base_url: str, key: str) -> dict[str, Any]:
    """A configuration for OpenCode with one provider, `scripted`, of two models; all others are off."""
    model: dict[str, Any] = {
        "reasoning": True,
        "attachment": True,
        "tool_call": True,
        "cost": {"input": 1, "output": 2},
        "limit": {"context": 100_000, "output": 8_000},
        "modalities": _MODALITIES,
    }
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Scripted",
        "options": {"baseURL": base_url, "apiKey": key},
        "models": {"first": {"name": "First", **model}, "second": {"name": "Second", **model, "reasoning": False}},
    }
    return {
        "model": "scripted/first",
        "small_model": "scripted/first",
        "enabled_providers": ["scripted"],
        "provider": {"scripted": provider},
    }
