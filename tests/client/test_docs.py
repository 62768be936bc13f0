from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox_agent import SandboxAgent, Session

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (DOCS / "python.md").read_text() + (DOCS / "persistence.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGES, re.DOTALL)
SNIPPETS = [code for code in BLOCKS if ".start(" in code or "def test_" in code]


def command(snippet: str, folder: Path) -> list[str]:
    if "def test_" not in snippet:
        return [sys.executable, "-c", snippet]
    path = folder / "test_snippet.py"
    path.write_text(snippet)
    return [sys.executable, "-m", "pytest", "-q", "--rootdir", str(folder), str(path)]


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_what_the_page_shows_runs(number: int, tmp_path: Path) -> None:
    done = subprocess.run(
        command(SNIPPETS[number], tmp_path),
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        timeout=60,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_what_cannot_run_alone_is_python_and_uses_names_that_are_there() -> None:
    for block in BLOCKS:
        calls = re.findall(r"(?:session|client)\.(\w+)\(", block)
        compile(block, "a block of the docs", "exec")
        assert [name for name in calls if not hasattr(Session, name) and not hasattr(SandboxAgent, name)] == []


def test_the_table_of_a_session_names_what_is_there() -> None:
    names = re.findall(r"^\| `session\.(\w+)", PAGES, re.MULTILINE)
    assert len(names) > 10
    assert [name for name in names if not hasattr(Session, name)] == []
