"""The end of a turn whose agent is gone, said alike by every adapter."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox_agent.adapter import Exited, Synthetic
from sandbox_agent.schema.events import ErrorReported, TurnEnded

__all__ = ["broken_off"]


def broken_off(exit: Exited) -> Iterator[Synthetic]:
    """An agent that could not be started, or was given up, is an error; one that ended is `agent_exited`."""
    if exit.error is not None:
        yield Synthetic(data=ErrorReported(message=exit.error, code="agent_start_failed"))
        yield Synthetic(data=TurnEnded(reason="error"))
    else:
        yield Synthetic(data=TurnEnded(reason="agent_exited", exit_code=exit.exit_code, stderr=exit.stderr))
