"""The web page: its own tests drive it in Chromium against the real server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.sdks.nodejs import pass_tests

ROOT = Path(__file__).resolve().parents[2]
INSPECTOR = ROOT / "inspector"
UI = ROOT / "src" / "sandbox_agent" / "server" / "ui"


@pytest.fixture(scope="module")
def built() -> Path:
    """The page as the server serves it, built from this checkout."""
    subprocess.run([sys.executable, "scripts/inspector.py", "--strict"], cwd=ROOT, check=True, timeout=600)
    return UI


def test_its_sources_compile_strictly(built: Path) -> None:
    assert built.is_dir()
    subprocess.run(["npm", "run", "--silent", "check"], cwd=INSPECTOR, check=True, timeout=300)


def test_its_own_tests_pass_in_chromium(built: Path) -> None:
    assert built.is_dir()
    pass_tests(INSPECTOR, at_least=70)


def test_it_is_small_and_needs_no_inline_code(built: Path) -> None:
    page = (built / "index.html").read_text()
    assert not re.search(r"<style|style=|<script(?![^>]*\bsrc=)|\bon\w+=", page)
    assert sum(file.stat().st_size for file in built.rglob("*") if file.is_file()) < 1_000_000


def test_what_is_not_seen_at_once_is_not_loaded_at_once(built: Path) -> None:
    first = re.findall(r'(?:src|href)="\./([^"]+)"', (built / "index.html").read_text())
    assert sum((built / name).stat().st_size for name in first) < 550_000
    later = {file.name.split("-")[0] for file in (built / "assets").iterdir()} - {
        Path(name).name.split("-")[0] for name in first
    }
    assert later >= {"compare", "create", "debug", "highlight"}


def test_the_server_says_where_it_is(built: Path) -> None:
    assert built.is_dir()
    command = [sys.executable, "-m", "sandbox_agent", "server", "--port", "0", "--exit-with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        url = server.stdout.readline().split(" on ")[1].strip()
        assert server.stdout.readline() == f"See and steer it in a browser: {url}/ui/\n"
        server.stdin.close()
        assert server.wait(30) == 0


def test_a_wheel_brings_it_along(built: Path, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    page = {f"sandbox_agent/server/ui/{file.relative_to(built)}" for file in built.rglob("*") if file.is_file()}
    assert page <= names


def test_building_again_does_nothing(built: Path) -> None:
    before = (built / "index.html").stat().st_mtime_ns
    said = subprocess.run(
        [sys.executable, "scripts/inspector.py"], cwd=ROOT, check=True, capture_output=True, text=True, timeout=60
    )
    assert (said.stdout, said.stderr) == ("", "")
    assert (built / "index.html").stat().st_mtime_ns == before


def test_without_node_the_server_does_without_the_page_and_says_so() -> None:
    without_node = "npm.shutil.which = lambda _: None; inspector.fingerprint = str; inspector.main()"
    said = subprocess.run(
        [sys.executable, "-c", f"import inspector, npm; {without_node}"],
        cwd=ROOT / "scripts",
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert re.search(r"^The web page at /ui/ is .*: building it needs Node 20 or newer", said.stderr)


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((INSPECTOR / "package-lock.json").read_text())
    resolved = {package["resolved"] for package in lock["packages"].values() if "resolved" in package}
    assert resolved == {"../sdks/typescript"}
