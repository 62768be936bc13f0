from __future__ import annotations

import pytest

from sandbox_agent.server.opencode.bodies import ModelChoice
from sandbox_agent.server.opencode.models import Wanted, shown, wanted


@pytest.mark.parametrize(
    ("agent", "model", "provider", "name"),
    [("a", "m", "a", "m"), ("a", None, "a", "default"), ("a", "s/m", "a:s", "m"), ("a", "s/m/n", "a:s", "m/n")],
)
def test_a_model_comes_back_as_it_went(agent: str, model: str | None, provider: str, name: str) -> None:
    found = shown(agent, model)
    assert (found.provider, found.model) == (provider, name)
    assert (found.agent, found.agent_model) == (agent, model)


def test_a_model_is_named_in_many_ways() -> None:
    assert wanted("a:s/m/n") == Wanted("a:s", "m/n")
    assert wanted(ModelChoice(provider_id="a", model_id="m", variant="high")) == Wanted("a", "m", "high")
    assert wanted(ModelChoice(provider_id="a", id="m")) == Wanted("a", "m")
    assert wanted(None, "a") == Wanted("a", "default")
    assert wanted(None, None, "m") == Wanted("mock", "m")
    assert wanted(ModelChoice()) is None
    assert wanted(None) is None
