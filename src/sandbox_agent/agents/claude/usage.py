"""Tokens and money, by turn and by session."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from sandbox_agent.adapter.values import as_dict
from sandbox_agent.agents.claude.native import Result
from sandbox_agent.schema.events import Usage, UsageUpdated

__all__ = ["Meter"]


class Meter:
    """Adds up what the turns cost.

    The CLI counts tokens and costs of its whole process, by model and with those of subagents; a new process begins at
    zero again, unless it resumes a conversation whose process could save its counts (2.1.330, not after a kill). Its
    count of the turn leaves subagents out, although the costs hold them, so it only serves where there is no other.
    """

    def __init__(self) -> None:
        self._session = Usage(cost_usd=0.0)
        self._process = Usage(cost_usd=0.0)
        self._resumed = False

    def restarted(self, *, resumed: bool = False) -> None:
        """A new process counts from zero, or from where its conversation was."""
        self._process = Usage(cost_usd=0.0)
        self._resumed = resumed

    def after(self, result: Result) -> UsageUpdated:
        """The state after a turn."""
        own = _of_turn(result)
        now = replace(_by_model(result) or _sum(self._process, own), cost_usd=result.total_cost_usd)
        if self._resumed:
            self._resumed = False
            self._process = self._carried(now, own)
        turn = _more(self._process, now)
        self._process = now
        self._session = _sum(self._session, turn)
        return UsageUpdated(turn=turn, session=self._session, context_window=_context_window(result))

    def _carried(self, now: Usage, own: Usage) -> Usage:
        """What a process that resumed has counted before its first turn."""
        if self._session.output_tokens and _covers(now, _sum(self._session, own)):
            return self._session
        if now.input_tokens == own.input_tokens:
            return Usage(cost_usd=0.0)
        # A conversation of somebody else: nobody knows what it had cost before.
        return replace(_more(own, now), cost_usd=now.cost_usd)


def _covers(one: Usage, other: Usage) -> bool:
    return one.input_tokens >= other.input_tokens and one.output_tokens >= other.output_tokens


def _by_model(result: Result) -> Usage | None:
    """The tokens of the whole process, None where the CLI does not tell them."""
    models = [as_dict(model) for model in result.model_usage.values()]
    if not any("inputTokens" in model for model in models):
        return None
    return Usage(
        input_tokens=sum(_count(model, "inputTokens") for model in models),
        output_tokens=sum(_count(model, "outputTokens") for model in models),
        cache_read_tokens=sum(_count(model, "cacheReadInputTokens") for model in models),
        cache_write_tokens=sum(_count(model, "cacheCreationInputTokens") for model in models),
    )


def _of_turn(result: Result) -> Usage:
    return Usage(
        input_tokens=_count(result.usage, "input_tokens"),
        output_tokens=_count(result.usage, "output_tokens"),
        cache_read_tokens=_count(result.usage, "cache_read_input_tokens"),
        cache_write_tokens=_count(result.usage, "cache_creation_input_tokens"),
    )


def _more(before: Usage, now: Usage) -> Usage:
    """What was added; a count that fell adds nothing."""
    return Usage(
        input_tokens=max(now.input_tokens - before.input_tokens, 0),
        output_tokens=max(now.output_tokens - before.output_tokens, 0),
        cache_read_tokens=max(now.cache_read_tokens - before.cache_read_tokens, 0),
        cache_write_tokens=max(now.cache_write_tokens - before.cache_write_tokens, 0),
        cost_usd=round(max((now.cost_usd or 0.0) - (before.cost_usd or 0.0), 0.0), 9),
    )


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
