"""Tokens, by turn and by session."""

from __future__ import annotations

from typing import Any

from sandbox_agent.adapter.values import as_dict
from sandbox_agent.schema.events import Usage, UsageUpdated

__all__ = ["Meter"]


class Meter:
    """Adds up what each call of the model used. Codex tells it after each call, for every thread by itself.

    It counts what came from the cache as part of what went in; here these are apart, as for every agent.
    """

    def __init__(self) -> None:
        self._session = Usage()
        self._turn = Usage()
        self._totals: dict[str, int] = {}

    def begin(self) -> None:
        """A turn begins."""
        self._turn = Usage()

    def after(
        self, thread_id: str, told: dict[str, Any], *, counts: bool = True, running: bool = True
    ) -> UsageUpdated | None:
        """The state after a call; None when it was told before. What a resumed thread repeats does not count.

        A subagent may outlive its turn: what it uses while none is `running` is the session's alone, and told later.
        """
        total = _count(as_dict(told.get("total")), "totalTokens")
        before = self._totals.get(thread_id)
        self._totals[thread_id] = total
        if not counts or total == before:
            return None
        used = _usage(as_dict(told.get("last")))
        self._session = _sum(self._session, used)
        if not running:
            return None
        self._turn = _sum(self._turn, used)
        window = told.get("modelContextWindow")
        return UsageUpdated(
            turn=self._turn, session=self._session, context_window=window if isinstance(window, int) else None
        )


def _usage(counts: dict[str, Any]) -> Usage:
    read, written = _count(counts, "cachedInputTokens"), _count(counts, "cacheWriteInputTokens")
    return Usage(
        input_tokens=max(_count(counts, "inputTokens") - read - written, 0),
        output_tokens=_count(counts, "outputTokens"),
        cache_read_tokens=read,
        cache_write_tokens=written,
    )


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cache_read_tokens=one.cache_read_tokens + other.cache_read_tokens,
        cache_write_tokens=one.cache_write_tokens + other.cache_write_tokens,
    )


def _count(counts: dict[str, Any], key: str) -> int:
    value = counts.get(key)
    return value if isinstance(value, int) else 0
