"""Every agent keeps the contract. `UPDATE_RECORDINGS=1` writes the golden events anew: read the difference."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox_agent.adapter import Agent
from sandbox_agent.adapter.testing import CHECKS, Recording, check_golden, golden_path, read_recording
from sandbox_agent.agents import AGENTS

FOLDER = Path(__file__).parents[1] / "recordings"
RECORDINGS = [
    (AGENTS[folder.name], path) for folder in sorted(FOLDER.iterdir()) for path in sorted(folder.glob("*.jsonl"))
]
NAMES = [f"{agent.name}-{path.stem}" for agent, path in RECORDINGS]


@pytest.mark.parametrize(("agent", "path"), RECORDINGS, ids=NAMES)
def test_a_recording_gives_its_golden_events(agent: Agent, path: Path) -> None:
    check_golden(agent, path, update=bool(os.environ.get("UPDATE_RECORDINGS")))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
@pytest.mark.parametrize(("agent", "path"), RECORDINGS, ids=NAMES)
def test_an_agent_keeps_the_contract(agent: Agent, path: Path, check: Callable[[Agent, Recording], None]) -> None:
    check(agent, read_recording(path))


@pytest.mark.parametrize("agent", AGENTS.values(), ids=lambda agent: str(agent.name))
def test_every_agent_has_recordings(agent: Agent) -> None:
    assert any(FOLDER.joinpath(agent.name).glob("*.jsonl"))


def test_no_golden_events_are_left_over() -> None:
    assert {golden_path(path) for _, path in RECORDINGS} == set(FOLDER.rglob("*.events.json"))
