"""Rules about the files themselves, checked on what git knows."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
# In pieces, so that this file keeps the rule that it checks.
PACKAGE_HOSTS = [name + "." + end for name, end in [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org")]]
MODULE_LIMIT = 400
MODULES = {".py", ".ts", ".tsx", ".js", ".css"}


@cache
def tracked() -> list[Path]:
    """Every text file that is, or is about to be, committed."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = [ROOT / name for name in names.split("\0") if name]
    return [path for path in files if path.is_file() and b"\0" not in path.read_bytes()[:8192]]


def test_no_file_names_a_package_host() -> None:
    forbidden = re.compile("|".join(re.escape(host) for host in PACKAGE_HOSTS))
    naming = [path.relative_to(ROOT) for path in tracked() if forbidden.search(path.read_text(errors="replace"))]
    assert naming == []


def test_no_module_is_too_long_to_read() -> None:
    modules = [path for path in tracked() if path.suffix in MODULES and "generated" not in path.parts]
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in modules}
    assert {name: lines for name, lines in lengths.items() if lines > MODULE_LIMIT} == {}


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_every_requirement_is_pinned_and_hashed(path: Path) -> None:
    lines = path.read_text().splitlines()
    entries = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert entries
    assert all(re.fullmatch(r"[a-z0-9-]+==\S+( ; .+)? \\", line) for line in entries)
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in lines if line.startswith(" "))


def test_the_smaller_requirements_agree_with_the_full_one() -> None:
    pins = {
        path.name: set(re.findall(r"^[a-z0-9-]+==[^\s;]+", path.read_text(), re.MULTILINE)) for path in REQUIREMENTS
    }
    assert pins["runtime.txt"] | pins["build.txt"] <= pins["dev.txt"]
