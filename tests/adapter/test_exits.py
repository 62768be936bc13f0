from __future__ import annotations

from sandbox_agent.adapter import Exited, Synthetic
from sandbox_agent.adapter.exits import broken_off
from sandbox_agent.schema.events import ErrorReported, StderrTail, TurnEnded


def test_an_agent_that_ended_says_how() -> None:
    tail = StderrTail(head="", truncated=False)
    ended = TurnEnded(reason="agent_exited", exit_code=3, stderr=tail)
    assert list(broken_off(Exited(exit_code=3, stderr=tail))) == [Synthetic(data=ended)]


def test_an_agent_that_never_came_up_is_an_error() -> None:
    said = [each.data for each in broken_off(Exited(error="no such file"))]
    assert said == [ErrorReported(message="no such file", code="agent_start_failed"), TurnEnded(reason="error")]
