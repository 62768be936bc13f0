"""Tokens and money, by turn and by session."""

from __future__ import annotations

from typing import Any

from sandbox_agent.agents.claude.native import Result, as_dict
from sandbox_agent.schema.events import Usage, UsageUpdated

__all__ = ["Meter"]


class Meter:
    """Adds up what the turns cost.

    The CLI gives the tokens of a turn, but the costs of its whole process; a new process begins at zero again.
    """

    def __init__(self) -> None:
        self._session = Usage(cost_usd=0.0)
        self._process_cost = 0.0

    def restarted(self) -> None:
        """A new process counts from zero."""
        self._process_cost = 0.0

    def after(self, result: Result) -> UsageUpdated:
        """The state after a turn."""
        cost = max(result.total_cost_usd - self._process_cost, 0.0)
        self._process_cost = max(result.total_cost_usd, self._process_cost)
        turn = Usage(
            input_tokens=_count(result.usage, "input_tokens"),
            output_tokens=_count(result.usage, "output_tokens"),
            cache_read_tokens=_count(result.usage, "cache_read_input_tokens"),
            cache_write_tokens=_count(result.usage, "cache_creation_input_tokens"),
            cost_usd=round(cost, 9),
        )
        self._session = _sum(self._session, turn)
        return UsageUpdated(turn=turn, session=self._session, context_window=_context_window(result))


def _count(usage: dict[str, Any], key: str) -> int:
    value = usage.get(key)
    return value if isinstance(value, int) else 0


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cache_read_tokens=one.cache_read_tokens + other.cache_read_tokens,
        cache_write_tokens=one.cache_write_tokens + other.cache_write_tokens,
        cost_usd=round((one.cost_usd or 0.0) + (other.cost_usd or 0.0), 9),
    )


def _context_window(result: Result) -> int | None:
    sizes = [as_dict(model).get("contextWindow") for model in result.model_usage.values()]
    return next((size for size in sizes if isinstance(size, int)), None)
