"""The table of what each agent does is a result of tests; here is that it cannot say more or less than they do."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.matrix import ROOT, matrix

from sandbox_agent.agents import AGENTS

PROOFS = matrix.proofs(ROOT, AGENTS)


def test_every_mark_names_a_row_and_an_agent_that_exist() -> None:
    assert matrix.unknown_rows(PROOFS) == []
    assert {proof.agent for proof in PROOFS} <= AGENTS.keys()


@pytest.mark.parametrize("agent", AGENTS)
def test_each_row_is_proven_or_has_a_reason_and_never_both(agent: str) -> None:
    assert matrix.unsettled(PROOFS, [agent]) == []


@pytest.mark.parametrize("agent", sorted(AGENTS.keys() - {"mock"}))  # the mock's flags are those of the 0.1.x contract
def test_a_capability_that_is_promised_is_proven(agent: str) -> None:
    flags = AGENTS[agent].capabilities
    promised = {row for row, flag in matrix.ROWS.items() if flag is not None and getattr(flags, flag)}
    assert promised <= {proof.row for proof in PROOFS if proof.agent == agent}


def marked(tmp_path: Path, file: str, mark: str) -> list[tuple[str, str]]:
    path = tmp_path / "tests" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"import pytest\n\n@pytest.mark.proves({mark})\nasync def test_it() -> None: ...\n")
    return [(proof.agent, proof.row) for proof in matrix.proofs(tmp_path, ["amp", "claude"])]


@pytest.mark.parametrize("file", ["live/amp/test_it.py", "live/test_amp_it.py", "agents/amp/test_it.py"])
def test_a_mark_speaks_for_the_agent_of_its_folder_or_file(tmp_path: Path, file: str) -> None:
    assert marked(tmp_path, file, '"queue", "steer"') == [("amp", "queue"), ("amp", "steer")]


def test_a_mark_may_name_its_agents(tmp_path: Path) -> None:
    assert marked(tmp_path, "live/test_it.py", '"queue", agents=["claude", "amp"]') == [
        ("claude", "queue"),
        ("amp", "queue"),
    ]


def test_a_mark_of_the_suite_over_all_agents_speaks_for_those_without_a_gap(tmp_path: Path) -> None:
    assert marked(tmp_path, "live/every/test_it.py", '"queue"') == [("amp", "queue"), ("claude", "queue")]
    assert marked(tmp_path, "live/every/test_it.py", '"queue", "fork"') == [("claude", "queue"), ("claude", "fork")]
    assert matrix.unable(["fork"], ["amp", "claude", "mock"]) == ["amp"]


@pytest.mark.parametrize("row", matrix.ROWS)
def test_each_row_is_proven_by_the_suite_over_all_agents(row: str) -> None:
    """The same client code, on every agent that does it."""
    proven = {proof.agent for proof in PROOFS if proof.row == row and proof.file.startswith("tests/live/every/")}
    assert proven == set(matrix.able([row], AGENTS))


def test_a_capability_is_not_promised_beside_a_gap() -> None:
    flags = {agent: AGENTS[agent].capabilities for agent in matrix.GAPS if agent != "mock"}
    gaps = [(agent, matrix.ROWS[row]) for agent in flags for row in matrix.GAPS[agent] if matrix.ROWS[row]]
    assert [gap for gap in gaps if getattr(flags[gap[0]], gap[1])] == []


def test_a_row_that_does_not_exist_is_noticed(tmp_path: Path) -> None:
    assert marked(tmp_path, "live/amp/test_it.py", '"nonsense"') == [("amp", "nonsense")]
    assert [proof.row for proof in matrix.unknown_rows(matrix.proofs(tmp_path, ["amp"]))] == ["nonsense"]


def test_a_cell_without_proof_and_reason_is_noticed() -> None:
    left = [proof for proof in PROOFS if (proof.agent, proof.row) != ("amp", "queue")]
    assert matrix.unsettled(left, ["amp"]) == [("amp", "queue")]
    assert "Amp, queue: Not proven by a test yet." in matrix.agents_page(left, ["amp"])


def test_the_readme_keeps_what_is_around_its_table() -> None:
    text = f"before\n{matrix._BEGIN}\nold\n{matrix._END}\nafter\n"
    made = matrix.readme_block(text, PROOFS, ["amp"])
    assert made.startswith("before\n")
    assert made.endswith("\nafter\n")
    assert "| interrupt | ✓ |" in made
    assert matrix.readme_block("no marks", PROOFS, ["amp"]) == "no marks"
