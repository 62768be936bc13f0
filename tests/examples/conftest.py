from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.sdks.nodejs import BINARY, ROOT, TYPESCRIPT, npm, run

from .languages import EXAMPLES, Language, python


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The TypeScript examples, compiled strictly against the package that they need."""
    subprocess.run([sys.executable, "scripts/npm.py", "sdks/typescript"], cwd=ROOT, check=True, timeout=300)
    folder = tmp_path_factory.mktemp("typescript")
    npm(TYPESCRIPT, "pack", "--silent", "--pack-destination", str(folder))
    (folder / "package.json").write_text('{"type": "module"}')
    npm(folder, "install", "--silent", "--no-audit", "--no-fund", "--offline", *map(str, folder.glob("*.tgz")))
    for file in [*(EXAMPLES / "typescript").glob("*.ts"), EXAMPLES / "typescript" / "tsconfig.json"]:
        (folder / file.name).write_text(file.read_text())
    types = str(TYPESCRIPT / "node_modules" / "@types")
    run(folder, str(TYPESCRIPT / "node_modules" / ".bin" / "tsc"), "-p", ".", "--typeRoots", types)
    return folder


@pytest.fixture(params=["python", "typescript"])
def language(request: pytest.FixtureRequest, tmp_path: Path) -> Language:
    """Both languages, one after the other."""
    if request.param == "python":
        return python(tmp_path)
    folder = request.getfixturevalue("compiled")
    env = {"SANDBOX_AGENT_BIN": str(BINARY)}
    return Language(home=tmp_path, program="node", folder=folder, suffix=".js", env=env)


@pytest.fixture(scope="session")
def dependencies() -> dict[str, str]:
    """What the TypeScript examples say they need."""
    package: dict[str, dict[str, str]] = json.loads((EXAMPLES / "typescript" / "package.json").read_text())
    return package["dependencies"]
