from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from sandbox_agent.agents import AGENTS, ENTRY_POINTS, mock, with_entry_points


def point(value: str) -> EntryPoint:
    return EntryPoint(name="other", value=value, group=ENTRY_POINTS)


def test_each_agent_is_found_by_its_own_name() -> None:
    assert all(agent.name == name for name, agent in AGENTS.items())
    assert {"claude", "mock"} <= set(AGENTS)


def test_an_installed_distribution_adds_an_agent() -> None:
    assert with_entry_points([], [point("sandbox_agent.agents.mock:AGENT")]) == {"mock": mock.AGENT}


def test_our_agents_are_not_replaced() -> None:
    ours = [AGENTS["claude"]]
    assert with_entry_points(ours, [point("sandbox_agent.agents.claude:AGENT")])["claude"] is ours[0]


@pytest.mark.parametrize("value", ["no_such_module:AGENT", "sandbox_agent.agents.mock:NOTHING"])
def test_an_agent_that_cannot_be_loaded_costs_a_warning(value: str) -> None:
    with pytest.warns(UserWarning, match=value):
        assert with_entry_points([mock.AGENT], [point(value)]) == {"mock": mock.AGENT}


def test_an_entry_point_that_is_no_agent_costs_a_warning() -> None:
    with pytest.warns(UserWarning, match="is not an Agent"):
        assert with_entry_points([], [point("sandbox_agent.agents.mock:decode")]) == {}
