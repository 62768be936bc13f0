from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .nodejs import ROOT, TYPESCRIPT, npm


@pytest.fixture(scope="session")
def typescript() -> Path:
    """The folder of the TypeScript SDK, its tools installed."""
    subprocess.run([sys.executable, "scripts/npm.py", "sdks/typescript"], cwd=ROOT, check=True, timeout=300)
    return TYPESCRIPT


@pytest.fixture(scope="session")
def packed(typescript: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Both npm packages, as they would be published."""
    folder = tmp_path_factory.mktemp("packed")
    for package in (typescript, ROOT / "sdks" / "cli"):
        npm(package, "pack", "--silent", "--pack-destination", str(folder))
    return sorted(folder.glob("*.tgz"))


@pytest.fixture(scope="session")
def installed(packed: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean folder with both packages installed."""
    folder = tmp_path_factory.mktemp("clean")
    (folder / "package.json").write_text('{"type": "module"}')
    npm(folder, "install", "--silent", "--no-audit", "--no-fund", "--offline", *map(str, packed))
    return folder


@pytest.fixture(scope="session")
def modules() -> Path:
    """Other runtimes, and what else only tests need, installed."""
    folder = Path(__file__).parent / "runtimes"
    subprocess.run([sys.executable, "scripts/npm.py", str(folder)], cwd=ROOT, check=True, timeout=300)
    return folder / "node_modules"
