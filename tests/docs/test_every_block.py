"""Nothing on a page goes unchecked: each block is of a language that a test here knows."""

from __future__ import annotations

import re

from .blocks import PAGES, ROOT, Block, blocks

CHECKED = {"python", "js", "ts", "tsx", "sh", "http", "json", "toml", "yaml", "nginx", "caddy", "dockerfile"}
WORDS = {"text": "what a program prints, or a picture"}
GENERATED = ("docs/reference/",)
NEEDS = {
    "account": "an account of a provider",
    "binary": "the portable executable",
    "cluster": "a Kubernetes cluster",
    "checkout": "a checkout of this repository, which it would change",
    "docker": "a Docker engine",
    "download": "minutes, to download an agent",
    "key": "a key of a model provider",
    "release": "a published release",
    "root": "a machine of its own, to change it as root",
    "terminal": "a terminal of its own: it runs until it is stopped, or asks",
}


def test_the_pages_are_found() -> None:
    assert {"README.md", "docs/python.md", "sdks/typescript/README.md"} <= {
        page.relative_to(ROOT).as_posix() for page in PAGES
    }
    assert len(blocks()) > 50


def test_every_block_has_a_language_that_is_checked() -> None:
    strange = [
        str(block)
        for block in blocks()
        if block.language not in CHECKED | set(WORDS) and not block.page.startswith(GENERATED)
    ]
    assert strange == [], f"name a language: {', '.join(sorted(CHECKED | set(WORDS)))}"


def test_what_does_not_run_says_what_it_needs() -> None:
    def is_known(block: Block) -> bool:
        found = re.fullmatch(r"needs=(\w+)", block.info)
        return not block.info or (found is not None and found[1] in NEEDS)

    unknown = [f"{block}: {block.info}" for block in blocks() if not is_known(block)]
    assert unknown == [], f"write needs= and one of {', '.join(NEEDS)}"
