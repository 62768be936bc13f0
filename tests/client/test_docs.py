from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (DOCS / "python.md").read_text() + (DOCS / "persistence.md").read_text()
SNIPPETS = [
    code for code in re.findall(r"```python\n(.*?)```", PAGES, re.DOTALL) if ".start(" in code or "def test_" in code
]


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
