"""The npm packages on a machine that has the portable executable and no Python package of ours."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.sdks.conftest import installed, packed, typescript
from tests.sdks.nodejs import ROOT

from sandbox_agent import __version__

__all__ = ["installed", "packed", "typescript"]

README = (ROOT / "sdks" / "typescript" / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture(params=["named", "on PATH", "where install.sh puts it"])
def environ(request: pytest.FixtureRequest, executable: Path, home: Path) -> dict[str, str]:
    """Where the executable is, and nothing else that leads to one."""
    path = "/usr/bin:/bin"
    assert shutil.which("sandbox-agent", path=path) is None
    if request.param == "named":
        return {"PATH": path, "HOME": str(home), "SANDBOX_AGENT_BIN": str(executable)}
    folder = home / ("bin" if request.param == "on PATH" else ".local/bin")
    folder.mkdir(parents=True)
    shutil.copy(executable, folder / "sandbox-agent")
    return {"PATH": f"{folder}:{path}" if request.param == "on PATH" else path, "HOME": str(home)}


def test_the_wrapper_and_the_client_find_the_executable(
    installed: Path,
    environ: dict[str, str],
) -> None:
    wrapper = installed / "node_modules" / ".bin" / "sandbox-agent"
    assert __version__ in said(installed, environ, str(wrapper), "--version")
    found = re.search(r"```js\n(.*?)```", README, re.DOTALL)
    assert found is not None
    (installed / "readme.js").write_text(found[1], encoding="utf-8")
    assert "hello" in said(installed, environ, "node", "readme.js")


def said(folder: Path, environ: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
