"""The page of remedies knows every error that there is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox_agent.schema.errors import ERRORS

from .blocks import ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
AGENTS = ROOT / "src" / "sandbox_agent" / "agents"
TOLD = set(re.findall(r"`([a-z_]+)`", PAGE))


def words_of(tree: ast.AST) -> Iterator[str]:
    """Texts that look like a code, where codes are: values of tables, `code=`, and what functions of codes return."""
    for node in ast.walk(tree):
        match node:
            case ast.Dict(values=values):
                candidates: list[ast.expr] = values
            case ast.keyword(arg="code", value=value):
                candidates = [value]
            case ast.Return(value=ast.expr() as value):
                candidates = [value]
            case _:
                continue
        for value in candidates:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


@pytest.mark.parametrize("module", sorted(AGENTS.glob("*/errors.py")), ids=lambda path: path.parent.name)
def test_every_code_of_an_agent_has_a_remedy(module: Path) -> None:
    codes = {word for word in words_of(ast.parse(module.read_text())) if re.fullmatch(r"[a-z]+(_[a-z]+)*", word)}
    assert codes
    assert codes <= TOLD


def test_every_problem_of_the_api_has_a_remedy() -> None:
    assert set(ERRORS) - TOLD == set()
