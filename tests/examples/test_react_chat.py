"""The chat page: its own tests drive it in Chromium against its backend, and the backend lets nothing else through."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.sdks.nodejs import TYPESCRIPT, npm, pass_tests

from .languages import EXAMPLES, ROOT, python, serving

PAGE = EXAMPLES / "react-chat"


@pytest.fixture(scope="module")
def built() -> Path:
    """The page, built from this checkout."""
    folders = ["sdks/typescript", "examples/react-chat"]
    subprocess.run([sys.executable, "scripts/npm.py", *folders], cwd=ROOT, check=True, timeout=600)
    npm(TYPESCRIPT, "run", "--silent", "build")
    npm(PAGE, "run", "--silent", "build")
    return PAGE / "dist"


@pytest.fixture(scope="module")
def browser(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Somebody who talks to the backend."""
    home = python(tmp_path_factory.mktemp("home"))
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(PAGE), "--port", "0", "backend:app"]
    with (
        serving(command, home, CHAT_PAGE=str(built)) as url,
        httpx.Client(base_url=url, timeout=60, trust_env=False) as client,
    ):
        yield client


def test_its_sources_compile_strictly(built: Path) -> None:
    assert (built / "index.html").is_file()
    npm(PAGE, "run", "--silent", "check")


def test_its_own_tests_pass_in_chromium(built: Path) -> None:
    assert (built / "index.html").is_file()
    pass_tests(PAGE, at_least=10, PYTHON=sys.executable)


def test_it_is_small_and_needs_no_inline_code(built: Path) -> None:
    page = (built / "index.html").read_text()
    assert not re.search(r"<style|style=|<script(?![^>]*\bsrc=)|\bon\w+=", page)
    assert sum(file.stat().st_size for file in built.rglob("*") if file.is_file()) < 600_000


def test_a_visitor_gets_a_session_as_the_backend_wants_it(browser: httpx.Client) -> None:
    path = f"/v1/sessions/{uuid.uuid4()}"
    asked = {"agent": "claude", "directory": "/", "permissionMode": "bypass"}
    assert browser.post(path, json=asked).json()["nativeSessionId"].startswith("mock-")
    assert browser.get(path).json()["permissionMode"] == "default"
    browser.post(f"{path}/messages", json={"message": "hello"}).raise_for_status()
    assert "sandbox-agent-log" in browser.get(f"{path}/events").headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/sessions"),
        ("GET", "/v1/agents"),
        ("GET", "/v1/fs/entries?path=/"),
        ("POST", "/v1/agents/mock/install"),
        ("GET", "/v1/sessions/demo"),
        ("GET", "/v1/sessions/../agents"),
        ("POST", "/v1/sessions/{id}/terminate"),
        ("POST", "/v1/sessions/{id}/permissions/..%2f..%2f..%2ffs/reply/x"),
        ("POST", "/v1/sessions/{id}/x/../../../fs/mkdir"),
    ],
)
def test_a_visitor_reaches_nothing_else(browser: httpx.Client, method: str, path: str) -> None:
    assert browser.request(method, path.replace("{id}", str(uuid.uuid4()))).status_code == 404


def test_only_a_uuid_names_a_session(browser: httpx.Client) -> None:
    assert browser.post("/v1/sessions/demo", json={"agent": "mock"}).status_code == 400
    assert browser.delete(f"/v1/sessions/{uuid.uuid4()}").status_code == 405


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((PAGE / "package-lock.json").read_text())
    resolved = {package["resolved"] for package in lock["packages"].values() if "resolved" in package}
    assert resolved == {"../../sdks/typescript"}
