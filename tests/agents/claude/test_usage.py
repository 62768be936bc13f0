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


def by_model(own: int, process: int, cost: float) -> Result:
    counted = {"big": {"inputTokens": process, "outputTokens": process}}
    return Result(usage={"input_tokens": own, "output_tokens": own}, model_usage=counted, total_cost_usd=cost)


def test_a_resumed_process_may_go_on_counting_where_its_conversation_was() -> None:
    meter = Meter()
    meter.after(by_model(100, 100, 0.5))
    meter.restarted(resumed=True)
    told = meter.after(by_model(10, 110, 0.75))
    assert (told.turn.input_tokens, told.turn.cost_usd, told.session.cost_usd) == (10, 0.25, 0.75)


def test_a_resumed_process_may_begin_at_zero_too() -> None:
    meter = Meter()
    meter.after(by_model(100, 100, 0.5))
    meter.restarted(resumed=True)
    told = meter.after(by_model(100, 100, 0.5))
    assert (told.turn.input_tokens, told.turn.cost_usd, told.session.cost_usd) == (100, 0.5, 1.0)


def test_what_a_conversation_of_somebody_else_has_used_is_not_ours() -> None:
    meter = Meter()
    meter.restarted(resumed=True)
    told, more = meter.after(by_model(100, 300, 0.75)), meter.after(by_model(50, 350, 1.0))
    assert (told.turn.input_tokens, told.turn.cost_usd) == (100, 0.0)
    assert (more.session.input_tokens, more.session.cost_usd) == (150, 0.25)


def test_tokens_of_subagents_are_counted_once_like_their_costs() -> None:
    def told(own: int, process: int) -> Result:
        model_usage = {"big": {"inputTokens": process - 5, "outputTokens": 0}, "small": {"inputTokens": 5}}
        return Result(usage={"input_tokens": own}, model_usage=model_usage)

    meter = Meter()
    first, second = meter.after(told(200, 400)), meter.after(told(100, 500))
    assert (first.turn.input_tokens, second.turn.input_tokens, second.session.input_tokens) == (400, 100, 500)
