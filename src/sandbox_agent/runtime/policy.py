"""Answers a permission without asking anybody, when the session's mode or an earlier `always` says so. Pure.

An `always` remembers exactly what was asked: the rule the agent proposed, or the same action on the same thing. It
never widens to a category.
"""

from __future__ import annotations

from typing import Any, cast

from sandbox_agent.adapter.mending import written
from sandbox_agent.schema.commands import PermissionReply
from sandbox_agent.schema.events import PermissionRequested

__all__ = ["decide", "rule_of"]

_SUBJECTS = ("command", "path", "file_path", "url", "input")
"""Keys of the metadata that say what the action is about, the most telling first."""


def rule_of(request: PermissionRequested) -> str:
    """What an `always` to this request allows, in words; equal rules are the same permission."""
    raw = request.metadata
    metadata = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
    named = metadata.get("always")
    if isinstance(named, str):
        return named
    for key in _SUBJECTS:
        if key in metadata:
            subject = metadata[key]
            return f"{request.action}({subject if isinstance(subject, str) else written(subject).decode()})"
    return f"{request.action}({written(metadata).decode()})"


def decide(request: PermissionRequested, permission_mode: str, rules: set[str]) -> PermissionReply | None:
    """The answer that needs nobody, or None: a person must say.

    `rules`: what `rule_of` gave for the requests that were answered `always` in this session.
    """
    if permission_mode == "bypass":
        return "once"
    return "always" if rule_of(request) in rules else None
