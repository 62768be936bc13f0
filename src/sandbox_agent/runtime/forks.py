"""Where a session's conversation can be taken up by another: the ends of its turns, and what it began with."""

from __future__ import annotations

from sandbox_agent.adapter import Fork, SessionOptions
from sandbox_agent.schema.errors import InvalidRequest

__all__ = ["Forks"]


class Forks:
    """The places of one session."""

    def __init__(self, options: SessionOptions) -> None:
        self._session_id = options.session_id
        self._last = options.fork or (Fork(native_id=options.resume) if options.resume else None)
        self._turns: dict[str, Fork] = {}

    def reached(self, turn_id: str | None, native_id: str | None, position: str) -> None:
        """A turn is about to end there."""
        if native_id is None:
            return
        self._last = Fork(native_id=native_id, position=position)
        if turn_id is not None:
            self._turns[turn_id] = self._last

    def after(self, turn_id: str | None) -> Fork | None:
        """The conversation up to a turn, or to the last one that has ended; None where nothing was said yet.

        Raises `InvalidRequest` for a turn that has not ended, or never was.
        """
        if turn_id is None:
            return self._last
        if turn_id not in self._turns:
            hint = "name a turn that has ended, or leave turnId out"
            raise InvalidRequest(f"cannot fork after turn {turn_id}", session_id=self._session_id, hint=hint)
        return self._turns[turn_id]
