"""The page of the API in a real browser, under its own policy."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cli.serving import serving

from sandbox_agent.server.endpoints import ENDPOINTS
from sandbox_agent.server.openapi import document

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "sdks" / "typescript"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a browser saw."""
    subprocess.run([sys.executable, "scripts/npm.py", "sdks/typescript"], cwd=ROOT, check=True, timeout=300)
    node = shutil.which("node")
    assert node is not None, "scripts/services.sh installs Node.js"
    script = Path(__file__).with_name("apidocs.mjs")
    with serving(tmp_path_factory.mktemp("daemon")) as url:
        done = subprocess.run(
            [node, str(script), str(PACKAGE / "package.json"), url],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_everything_is_shown_and_nothing_complains(seen: dict[str, Any]) -> None:
    assert seen["all"] == seen["again"] == len(ENDPOINTS) + len(document(ENDPOINTS)["components"]["schemas"])
    assert seen["complaints"] == []


def test_what_is_looked_for_is_left_and_a_link_shows_its_target_again(seen: dict[str, Any]) -> None:
    (found,) = seen["found"]
    assert found.endswith("/v1/agents/{agent}/install/stream")
    assert seen["groups"] == ["Agents"]
    assert seen["led"] == ""


def test_an_example_is_copied_with_the_servers_address(seen: dict[str, Any]) -> None:
    assert seen["copied"].startswith('curl -X POST "http://127.0.0.1:')
    assert "/v1/sessions/demo" in seen["copied"]


def test_it_is_light_or_dark_and_fits_a_telephone(seen: dict[str, Any]) -> None:
    assert seen["light"] == "rgb(255, 255, 255)"
    assert seen["dark"] == "rgb(21, 24, 29)"
    assert seen["narrow"] <= 400


def test_a_script_that_is_not_its_own_does_not_run(seen: dict[str, Any]) -> None:
    assert seen["injected"] is False
