"""The deploy guides, as far as no provider is needed for it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox_agent.cli import whole_parser
from sandbox_agent.server.endpoints import ENDPOINTS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "examples" / "deploy"
PAGES = ROOT / "docs" / "deploy"
PROGRAMS = sorted(path for path in DEPLOY.rglob("*.[pt][ys]") if "node_modules" not in path.parts)
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a sandbox's own network is not ours
SERVER = re.compile(r"(?:sandbox_agent|sandbox-agent) server ([^\"'`]*)")


def test_every_provider_has_a_program_in_both_languages_and_a_page_that_shows_them() -> None:
    python, typescript = ({path.stem for path in DEPLOY.glob(f"on_*{end}")} for end in (".py", ".ts"))
    assert python == typescript
    pages = {"on_" + path.stem for path in PAGES.glob("*.md")}
    assert python <= pages
    shown = "".join(path.read_text() for path in PAGES.glob("*.md"))
    files = [path for path in DEPLOY.rglob("*") if path.suffix in {".py", ".ts", ".yaml", ".conf"}]
    mine = [path.relative_to(ROOT).as_posix() for path in files if "node_modules" not in path.parts]
    assert [name for name in mine if f"<!-- {name} -->" not in shown] == []


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_the_server_that_a_program_starts_is_one_that_the_command_line_knows(path: Path) -> None:
    code = re.sub(r"\$?\{PORT\}", "2468", path.read_text())
    started = [found[1] for found in SERVER.finditer(code)]
    assert started or path.stem in {"first_turn", "on_local", "on_docker", "on_cloudflare", "on_kubernetes"}
    for arguments in started:
        parsed = whole_parser().parse_args(["server", *shlex.split(arguments)])
        assert (parsed.host, parsed.port) == (EVERYWHERE, 2468)


def test_what_the_image_is_started_with_is_known_too() -> None:
    for manifest in (DEPLOY / "kubernetes").glob("*.yaml"):
        text = manifest.read_text()
        (arguments,) = re.findall(r"args: \[(.*)\]", text)
        parsed = whole_parser().parse_args(["server", *re.findall(r'"([^"]*)"', arguments)])
        assert parsed.token_file == "/run/token/token"
        probed = set(re.findall(r"path: (/v1/\S+)", text))
        assert probed == {"/v1/health", "/v1/ready"} & {each.path for each in ENDPOINTS}


def test_the_local_guide_runs_a_turn(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(DEPLOY / "on_local.py")],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "hello\n-- completed\n"
