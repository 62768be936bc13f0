"""Blocks of Python: whole programs run, fragments are checked as strictly as our own code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from sandbox_agent import Session

from .blocks import ROOT, Block, blocks, is_example

TESTED_ELSEWHERE = ("docs/adapters.md",)  # tests/examples/test_adapter.py: it shows one program in pieces
OURS = [block for block in blocks("python") if block.page not in TESTED_ELSEWHERE and not is_example(block)]
WHOLE = [block for block in OURS if block.runs and re.search(r"\.start\(|def test_", block.code)]
FRAGMENTS = [block for block in OURS if block not in WHOLE]
ASSUMED = """\
# mypy: disable-error-code="top-level-await, no-untyped-def, var-annotated, unused-awaitable"
from typing import Any, Callable
from sandbox_agent import AsyncSandboxAgent, AsyncSession, SandboxAgent, Session
client: SandboxAgent
session: Session
run_your_agent: Callable[..., Any]
"""


@pytest.mark.parametrize("block", WHOLE, ids=str)
def test_a_whole_program_runs(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "test_snippet.py"
    path.write_text(block.code)
    pytest_too = ["-m", "pytest", "-q", "--rootdir", str(tmp_path)] if "def test_" in block.code else []
    done = subprocess.run(
        [sys.executable, *pytest_too, str(path)],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        timeout=60,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_every_fragment_is_typed(tmp_path: Path) -> None:
    assert FRAGMENTS
    for number, block in enumerate(FRAGMENTS):
        code = block.code
        if re.search(r"^(await|async) ", code, re.MULTILINE):
            code = "async def main() -> None:\n" + textwrap.indent(code, "    ")
        (tmp_path / f"fragment_{number}.py").write_text(f"{ASSUMED}# {block}\n{code}")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".cache" / "mypy-docs"), str(tmp_path)],
        cwd=ROOT,
        timeout=300,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_table_of_a_session_names_what_is_there() -> None:
    page = (ROOT / "docs" / "python.md").read_text()
    names = re.findall(r"^\| `session\.(\w+)", page, re.MULTILINE)
    assert len(names) > 10
    assert [name for name in names if not hasattr(Session, name)] == []
