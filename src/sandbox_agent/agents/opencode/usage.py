"""Tokens and money, by turn and by session. Subagents count, for the user pays them too."""

from __future__ import annotations

from sandbox_agent.adapter.values import as_dict
from sandbox_agent.agents.opencode.native import Part
from sandbox_agent.schema.events import Usage, UsageUpdated

__all__ = ["Meter"]


class Meter:
    """Adds up the steps. A step's end may be told more than once."""

    def __init__(self) -> None:
        self._counted: set[str] = set()
        self._turn = Usage(cost_usd=0.0)
        self._session = Usage(cost_usd=0.0)
        self._news = False

    def step(self, part: Part) -> None:
        """A step has ended."""
        if part.id in self._counted:
            return
        self._counted.add(part.id)
        cache = as_dict(part.tokens.get("cache"))
        used = Usage(
            input_tokens=_count(part.tokens.get("input")),
            output_tokens=_count(part.tokens.get("output")) + _count(part.tokens.get("reasoning")),
            cache_read_tokens=_count(cache.get("read")),
            cache_write_tokens=_count(cache.get("write")),
            cost_usd=part.cost,
        )
        self._turn, self._session = _sum(self._turn, used), _sum(self._session, used)
        self._news = True

    def after_turn(self) -> UsageUpdated | None:
        """The state after a turn, if anything was used."""
        turn, self._turn = self._turn, Usage(cost_usd=0.0)
        news, self._news = self._news, False
        return UsageUpdated(turn=turn, session=self._session) if news else None


def _count(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cache_read_tokens=one.cache_read_tokens + other.cache_read_tokens,
        cache_write_tokens=one.cache_write_tokens + other.cache_write_tokens,
        cost_usd=round((one.cost_usd or 0.0) + (other.cost_usd or 0.0), 9),
    )
