"""What OpenCode's clients read: plain JSON values, made in one place. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sandbox_agent.schema.events import ChangedFile, Question, Usage

__all__ = [
    "VERSION",
    "About",
    "Json",
    "News",
    "changed",
    "message_tokens",
    "no_tokens",
    "question",
    "session_info",
    "tokens",
]

Json: TypeAlias = dict[str, Any]

VERSION = "1.18.33"
"""The release of OpenCode whose shapes these are; its clients want to know."""


@dataclass(frozen=True, slots=True)
class News:
    """Something that OpenCode's event stream tells."""

    type: str
    properties: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What does not change with a session's events."""

    id: str
    provider: str
    model: str
    agent: str
    """The agent mode."""
    directory: str
    worktree: str
    project: str
    variant: str | None = None


def tokens(used: Usage) -> Json:
    """Tokens of a message or a session."""
    return {
        "input": used.input_tokens,
        "output": used.output_tokens,
        "reasoning": 0,
        "cache": {"read": used.cache_read_tokens, "write": used.cache_write_tokens},
    }


def message_tokens(used: Usage) -> Json:
    """The same for a message, with the sum."""
    counts = (used.input_tokens, used.output_tokens, used.cache_read_tokens, used.cache_write_tokens)
    return {"total": sum(counts), **tokens(used)}


def no_tokens() -> Json:
    """Nothing used yet."""
    return tokens(Usage())


def session_info(about: About, *, title: str, time: Json, used: Usage, more: Json) -> Json:
    """OpenCode's `Session`. `more`: the optional fields."""
    model = {"id": about.model, "providerID": about.provider}
    return {
        "id": about.id,
        "slug": about.id.replace("_", "-"),
        "projectID": about.project,
        "directory": about.directory,
        "path": about.directory.lstrip("/"),
        "cost": used.cost_usd or 0,
        "tokens": tokens(used),
        "title": title,
        "agent": about.agent,
        "model": {**model, "variant": about.variant} if about.variant else model,
        "version": VERSION,
        "time": time,
        **more,
    }


def changed(files: Iterable[ChangedFile], patches: dict[str, str] | None = None) -> list[Json]:
    """OpenCode's list of changed files; `patches`: unified diffs by path, where they are known."""
    found = patches or {}
    return [
        {
            "file": each.path,
            "additions": each.additions,
            "deletions": each.deletions,
            "status": each.change,
            **({"patch": found[each.path]} if each.path in found else {}),
        }
        for each in files
    ]


def question(asked: Question) -> Json:
    """One question of a request."""
    return {
        "question": asked.question,
        "header": asked.header or "",
        "options": [{"label": each.label, "description": each.description or ""} for each in asked.options],
        "multiple": asked.multi_select,
    }
