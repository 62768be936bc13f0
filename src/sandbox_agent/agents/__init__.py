"""The agents that can be driven: ours by name, others by entry points of installed distributions.

A distribution adds an agent with an entry point in the group `sandbox_agent.agents` that names an `Agent` record.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points

from sandbox_agent.adapter import Agent
from sandbox_agent.agents import amp, claude, codex, mock, opencode

__all__ = ["AGENTS", "ENTRY_POINTS", "with_entry_points"]

ENTRY_POINTS = "sandbox_agent.agents"

_OURS: tuple[Agent, ...] = (amp.AGENT, claude.AGENT, codex.AGENT, opencode.AGENT, mock.AGENT)


def with_entry_points(ours: Iterable[Agent], points: Iterable[EntryPoint]) -> dict[str, Agent]:
    """`ours` and the agents that `points` name, by name; ours win.

    An entry point that cannot be loaded costs a warning and nothing else.
    """
    agents = {agent.name: agent for agent in ours}
    for point in points:
        try:
            agent = point.load()
        except Exception as error:  # noqa: BLE001 - somebody else's module may fail in any way
            warnings.warn(f"the agent {point.value} cannot be loaded: {error}", stacklevel=2)
            continue
        if isinstance(agent, Agent):
            agents.setdefault(agent.name, agent)
        else:
            warnings.warn(f"{point.value} is not an Agent", stacklevel=2)
    return agents


AGENTS: Mapping[str, Agent] = with_entry_points(_OURS, entry_points(group=ENTRY_POINTS))
"""Every agent by name."""
