"""How long Codex may wait for a network.

Its other retries are counted (`Reconnecting... 2/5`) and end by themselves. Without a network it would wait for ever,
and says so at 0, 5, 15, 35 s and so on, each time twice as late.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox_agent.adapter.values import as_dict, as_text
from sandbox_agent.schema.events import ErrorReported

__all__ = ["TRIES", "Patience"]

TRIES = 4
"""How often it may say that it waits before the turn is ended: for about 35 s."""
_COUNTED = re.compile(r"\d+/\d+")


class Patience:
    """Counts what nobody else counts, for each thread."""

    def __init__(self) -> None:
        self._waits: dict[str, int] = {}

    def begin(self, thread_id: str | None = None) -> None:
        """A thread goes on, or all begin anew."""
        if thread_id is None:
            self._waits.clear()
        else:
            self._waits.pop(thread_id, None)

    def lost(self, thread_id: str, params: dict[str, Any]) -> ErrorReported | None:
        """What ends the turn, when this retry is one too many."""
        error = as_dict(params.get("error"))
        said = as_text(error.get("message"))
        if _COUNTED.search(said):
            return None
        waits = self._waits[thread_id] = self._waits.get(thread_id, 0) + 1
        if waits != TRIES:
            return None
        details = as_text(error.get("additionalDetails"))
        message = f"given up after {TRIES} tries: {details or said}"
        return ErrorReported(message=message, code="connection_failed")
