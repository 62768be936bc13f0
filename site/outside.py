"""Links to files of the repository that are no pages: the site shows their names, since it does not carry them."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

LINK = re.compile(
    r"""
    (?<!!)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]
    \((?P<target>(?!https?:|mailto:|\#)[^)\s\#]+)
    (?:\#[^)]*|\s[^)]*)?\)
    """,
    re.VERBOSE,
)
"""A link to another file: not a picture, not the web, not a place on the same page."""


def rewritten(text: str, page: PurePosixPath, source: Path) -> str:
    """The page with those links replaced by what they say; raises `ExtensionError` for a link to nothing."""

    def replace(found: re.Match[str]) -> str:
        target = os.path.normpath(source / page.parent / found["target"])
        if not Path(target).exists():
            raise ExtensionError(f"{page}: the link to {found['target']} leads nowhere")
        inside = Path(target).is_relative_to(source) and Path(target).is_file()
        return found[0] if inside else found["text"]

    return LINK.sub(replace, text)


def _rewrite(app: Sphinx, name: str, content: list[str]) -> None:
    content[0] = rewritten(content[0], PurePosixPath(f"{name}.md"), Path(app.srcdir))


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", _rewrite, priority=400)
    return {"parallel_read_safe": True}
