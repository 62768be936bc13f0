"""The table of what each agent does is a result of tests; here is that it cannot say more or less than they do."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from sandbox_agent.agents import AGENTS

ROOT = Path(__file__).parents[1]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("matrix", ROOT / "scripts" / "matrix.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


matrix = load()
PROOFS = matrix.proofs(ROOT, AGENTS)


def test_every_mark_names_a_row_and_an_agent_that_exist() -> None:
    assert matrix.unknown_rows(PROOFS) == []
    assert {proof.agent for proof in PROOFS} <= AGENTS.keys()


@pytest.mark.parametrize("agent", AGENTS)
def test_each_row_is_proven_or_has_a_reason_and_never_both(agent: str) -> None:
    assert matrix.unsettled(PROOFS, [agent]) == []


@pytest.mark.parametrize("agent", AGENTS.keys() - {"mock"})  # the mock's flags are those of the 0.1.x contract
def test_a_capability_that_is_promised_is_proven(agent: str) -> None:
    flags = AGENTS[agent].capabilities
    promised = {row for row, flag in matrix.ROWS.items() if flag is not None and getattr(flags, flag)}
    assert promised <= {proof.row for proof in PROOFS if proof.agent == agent}


def marked(tmp_path: Path, file: str, mark: str) -> list[tuple[str, str]]:
    path = tmp_path / "tests" / file
    path.parent.mkdir(parents=True)
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
