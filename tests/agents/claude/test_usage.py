from __future__ import annotations

from sandbox_agent.agents.claude.native import Result
from sandbox_agent.agents.claude.usage import Meter


def result(tokens: int, cost: float) -> Result:
    usage = {"input_tokens": tokens, "output_tokens": 1, "cache_read_input_tokens": None}
    return Result(usage=usage, total_cost_usd=cost, model_usage={"m": {"contextWindow": 200_000}})


def test_the_costs_of_a_process_are_told_by_turn() -> None:
    meter = Meter()
    first, second = meter.after(result(10, 0.5)), meter.after(result(20, 0.75))
    assert (first.turn.cost_usd, second.turn.cost_usd, second.session.cost_usd) == (0.5, 0.25, 0.75)
    assert (second.turn.input_tokens, second.session.input_tokens) == (20, 30)
    assert second.context_window == 200_000


def test_the_session_grows_on_when_the_process_begins_again() -> None:
    meter = Meter()
    meter.after(result(10, 0.5))
    meter.restarted()
    assert meter.after(result(10, 0.1)).session.cost_usd == 0.6


def test_nothing_is_counted_where_nothing_is_said() -> None:
    told = Meter().after(Result())
    assert (told.turn.input_tokens, told.turn.cost_usd, told.context_window) == (0, 0.0, None)
