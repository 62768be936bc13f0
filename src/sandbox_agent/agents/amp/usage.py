"""Tokens by turn and by session. Amp tells those of each message of the model, and no costs."""

from __future__ import annotations

from typing import Any

from sandbox_agent.schema.events import Usage, UsageUpdated

__all__ = ["Meter"]


class Meter:
    """Adds up."""

    def __init__(self) -> None:
        self._turn = Usage()
        self._session = Usage()

    def count(self, usage: dict[str, Any]) -> None:
        """One message more."""
        more = Usage(
            input_tokens=_number(usage, "input_tokens"),
            output_tokens=_number(usage, "output_tokens"),
            cache_read_tokens=_number(usage, "cache_read_input_tokens"),
            cache_write_tokens=_number(usage, "cache_creation_input_tokens"),
        )
        self._turn, self._session = _sum(self._turn, more), _sum(self._session, more)

    def rest(self) -> UsageUpdated | None:
        """The state at the end of a turn; None when it has used nothing."""
        turn, self._turn = self._turn, Usage()
        return None if turn == Usage() else UsageUpdated(turn=turn, session=self._session)


def _number(usage: dict[str, Any], key: str) -> int:
    value = usage.get(key)
    return value if isinstance(value, int) and value > 0 else 0


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cache_read_tokens=one.cache_read_tokens + other.cache_read_tokens,
        cache_write_tokens=one.cache_write_tokens + other.cache_write_tokens,
    )
