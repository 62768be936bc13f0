"""Every code block of every page, and how the pages say that one cannot run here.

A block runs in a test, or is checked by what reads its language. One that needs what a test does not have says so after
its language: `sh needs=docker`. Then it is only parsed, with the names in it looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "sdks/*/*.md", "skills/**/*.md", "examples/**/*.md")
    for page in ROOT.glob(pattern)
    if "node_modules" not in page.parts
)
FENCE = re.compile(r"^( *)```(\S*) *(.*?)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One block."""

    page: str
    line: int
    language: str
    info: str
    """What stands after the language."""
    code: str

    @property
    def runs(self) -> bool:
        """Whether nothing is said to be needed."""
        return not self.info

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@cache
def blocks(*languages: str) -> tuple[Block, ...]:
    """Those of these languages, or all of them, in the order of the pages."""
    return tuple(block for block in _all() if not languages or block.language in languages)


def _all() -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text()
        for found in FENCE.finditer(text):
            indent, language, info, code = found.groups()
            code = re.sub(f"^{indent}", "", code, flags=re.MULTILINE)
            line = text.count("\n", 0, found.start()) + 1
            yield Block(page.relative_to(ROOT).as_posix(), line, language, info, code)


@cache
def _examples() -> tuple[str, ...]:
    suffixes = {".py", ".ts", ".tsx", ".js", ".mjs", ".toml", ".yaml", ".yml", ".json", ".conf", ""}
    files = (path for path in (ROOT / "examples").rglob("*") if path.is_file() and path.suffix in suffixes)
    return tuple(path.read_text() for path in files if "node_modules" not in path.parts)


def is_example(block: Block) -> bool:
    """Whether it is, as a whole, in a file of examples/, which has tests of its own."""
    return any(block.code.strip() in text for text in _examples())
