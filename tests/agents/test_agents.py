from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from sandbox_agent.agents import AGENTS, ENTRY_POINTS, installed, mock, with_entry_points


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


@pytest.mark.parametrize("kind", ["dist-info", "egg-info"])
def test_distributions_that_name_an_agent_are_found_where_they_are_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    folder = tmp_path / f"other-1.0.{kind}"
    folder.mkdir()
    (folder / ("METADATA" if kind == "dist-info" else "PKG-INFO")).write_text("Name: other\nVersion: 1.0\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), "/no/such/folder", *sys.path])
    assert [each.name for each in installed(sys.path)] == []
    (folder / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\nother = sandbox_agent.agents.mock:AGENT\n")
    assert [each.name for each in installed(sys.path)] == ["other"]


def test_looking_for_other_agents_imports_no_metadata_where_there_are_none() -> None:
    program = "import sys; from sandbox_agent.agents import AGENTS; print('importlib.metadata' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"
