"""The agents that can be driven: ours by name, others by entry points of installed distributions.

A distribution adds an agent with an entry point in the group `sandbox_agent.agents` that names an `Agent` record.
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sandbox_agent.adapter import Agent
from sandbox_agent.agents import amp, claude, codex, mock, opencode

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["AGENTS", "ENTRY_POINTS", "installed", "with_entry_points"]

ENTRY_POINTS = "sandbox_agent.agents"

_OURS: tuple[Agent, ...] = (amp.AGENT, claude.AGENT, codex.AGENT, opencode.AGENT, mock.AGENT)


def installed(folders: Sequence[str]) -> Sequence[EntryPoint]:
    """The entry points of our group of what is installed in `folders`, which are those of `sys.path`.

    Looks into the files itself: importlib.metadata would be a tenth of the daemon's start, and hardly anybody has any.
    """
    if not any(_names_us(folder) for folder in folders):
        return ()
    from importlib.metadata import entry_points  # noqa: PLC0415 - see above

    return tuple(entry_points(group=ENTRY_POINTS))


def _names_us(folder: str) -> bool:
    if os.path.isfile(folder):  # noqa: PTH113 - an archive; pathlib would be slow here
        return True
    with contextlib.suppress(OSError), os.scandir(folder or ".") as entries:
        return any(_lists_us(each.path) for each in entries if each.name.endswith((".dist-info", ".egg-info")))
    return False


def _lists_us(distribution: str) -> bool:
    try:
        with open(f"{distribution}/entry_points.txt", "rb") as file:  # noqa: PTH123 - see above
            return ENTRY_POINTS.encode() in file.read()
    except OSError:
        return False


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


AGENTS: Mapping[str, Agent] = with_entry_points(_OURS, installed(sys.path))
"""Every agent by name."""
