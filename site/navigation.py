"""Give Sphinx the order of the pages from `contents.toml`, so that the Markdown needs no directives."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from sphinx.application import Sphinx

CONTENTS = Path(__file__).with_name("contents.toml")
DECISIONS = "decisions/README"


def chapters(source: Path) -> Mapping[str, list[str]]:
    """The pages of each chapter, in order; `folder/*` is every page there that is not named."""
    listed: dict[str, list[str]] = tomllib.loads(CONTENTS.read_text())
    return {title: [page for name in names for page in _pages(name, source)] for title, names in listed.items()}


def _pages(name: str, source: Path) -> Iterator[str]:
    if not name.endswith("/*"):
        yield name
        return
    yield from sorted(page.relative_to(source).with_suffix("").as_posix() for page in source.glob(f"{name}.md"))


def _tree(pages: list[str], caption: str = "") -> str:
    head = ["```{toctree}", ":hidden:", *([f":caption: {caption}"] if caption else []), ""]
    return "\n".join([*head, *(f"/{page}" for page in pages), "```", ""])


def _add(app: Sphinx, name: str, content: list[str]) -> None:
    source = Path(app.srcdir)
    if name == app.config.root_doc:
        trees = [_tree(pages, title) for title, pages in chapters(source).items()]
        content[0] += "\n\n" + "\n".join(trees)
    elif name == DECISIONS:
        pages = [f"decisions/{page.stem}" for page in sorted((source / "decisions").glob("[0-9]*.md"))]
        content[0] += "\n\n" + _tree(pages)


def _always(app: Sphinx, *_: object) -> list[str]:
    """The pages with the trees depend on `contents.toml` and on which files there are, which Sphinx cannot see."""
    return [app.config.root_doc, DECISIONS]


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("env-get-outdated", _always)
    app.connect("source-read", _add)
    return {"parallel_read_safe": True}
