"""Pages that show whole files of examples/: a line `<!-- PATH -->`, and the block below it is that file."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

__all__ = ["deploy_pages", "filled"]

MARKER = re.compile(r"^<!-- (examples/\S+) -->\n\n```(\w+)([^\n]*)\n.*?^```$", re.DOTALL | re.MULTILINE)


def filled(root: Path, page: str) -> str:
    """The page with each of its files as it is in the checkout at `root`."""

    def block(found: re.Match[str]) -> str:
        name, language, info = found.groups()
        return f"<!-- {name} -->\n\n```{language}{info}\n{(root / name).read_text().rstrip()}\n```"

    return MARKER.sub(block, page)


def deploy_pages(root: Path) -> dict[Path, Callable[[], str]]:
    """Each page of docs/deploy, relative to the checkout, and what must be in it."""
    pages = sorted((root / "docs" / "deploy").glob("*.md"))
    return {page.relative_to(root): partial(filled, root, page.read_text()) for page in pages}
