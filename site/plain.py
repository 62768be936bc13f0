"""The pages for language models: `llms.txt` names them, `llms-full.txt` holds them, each page is there as `.md` too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from navigation import chapters
from sphinx.application import Sphinx

SUMMARY = "One server in the sandbox, one HTTP and SSE API, one event schema, every coding agent."


def described(text: str) -> tuple[str, str]:
    """A page's title and its first sentence."""
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    blocks = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE).split("\n\n")
    prose = [block for block in blocks if re.match(r"[A-Z`*_\[]", block) and "by hand" not in block]
    words = re.sub(r"\[([^\]]+)\]\([^)]*\)|\*\*", r"\1", " ".join(prose[0].split())) if prose else ""
    return title[1] if title else "", re.split(r"(?<=[.:!?]) (?=[A-Z`])", words, maxsplit=1)[0].rstrip(":")


def overview(source: Path) -> str:
    """`llms.txt`: the chapters, and a line for each page."""
    lines = ["# Sandbox Agent", "", f"> {SUMMARY}", ""]
    for title, pages in chapters(source).items():
        lines += [f"## {title}", ""]
        for page in pages:
            name, sentence = described((source / f"{page}.md").read_text())
            lines.append(f"- [{name}]({page}.md): {sentence}")
        lines.append("")
    return "\n".join(lines)


def whole(source: Path) -> str:
    """`llms-full.txt`: every page, in order."""
    return "\n\n".join(_page(source, page) for page in _names(source))


def _names(source: Path) -> Iterator[str]:
    for pages in chapters(source).values():
        yield from pages


def _page(source: Path, name: str) -> str:
    return f"<!-- {name}.md -->\n\n{(source / f'{name}.md').read_text().strip()}\n"


def _write(app: Sphinx, failure: Exception | None) -> None:
    if failure is not None or app.builder.format != "html":
        return
    source, out = Path(app.srcdir), Path(app.outdir)
    (out / "llms.txt").write_text(overview(source))
    (out / "llms-full.txt").write_text(whole(source))
    for page in source.rglob("*.md"):
        copy = out / page.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(page.read_text())


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True}
