"""The documentation as web pages: whole, searchable, and asking nobody else for anything."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT

SITE = ROOT / "dist" / "docs"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def site() -> Path:
    """Built as anybody builds it; a warning fails it."""
    subprocess.run(["make", "docs"], cwd=ROOT, check=True, timeout=300)
    return SITE


@pytest.fixture(scope="module")
def seen(site: Path) -> dict[str, Any]:
    """What a browser saw of all its pages."""
    subprocess.run([sys.executable, "scripts/npm.py", "sdks/typescript"], cwd=ROOT, check=True, timeout=300)
    node = shutil.which("node")
    assert node is not None, "scripts/services.sh installs Node.js"
    script = Path(__file__).with_name("site.mjs")
    with served(site) as url:
        done = subprocess.run(
            [node, str(script), str(ROOT / "sdks/typescript/package.json"), str(site), url],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_page_opens_and_nobody_else_is_asked(seen: dict[str, Any]) -> None:
    pages = {page.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for page in (ROOT / "docs").rglob("*.md")}
    assert pages <= set(seen["titles"])
    assert all(seen["titles"].values())
    assert seen["outside"] == []
    assert seen["complaints"] == []


def test_the_search_works_without_a_server(seen: dict[str, Any]) -> None:
    assert "Sessions" in seen["found"]


def test_language_models_get_the_same_pages(site: Path) -> None:
    overview = (site / "llms.txt").read_text()
    whole = (site / "llms-full.txt").read_text()
    lines = re.findall(r"^- \[([^\]]+)\]\(([^)]+)\): (.+)$", overview, re.MULTILINE)
    assert len(lines) > 30
    for title, page, sentence in lines:
        text = (ROOT / "docs" / page).read_text()
        assert (site / page).read_text() == text
        assert text.strip() in whole
        assert title in text
        assert "```" not in sentence
