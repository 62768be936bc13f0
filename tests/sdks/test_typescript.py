"""The TypeScript SDK: its own tests, and the packages as somebody installs them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from sandbox_agent import __version__

from .nodejs import BINARY, ROOT, TYPESCRIPT, npm, pass_tests, run


def test_its_sources_and_typing_tests_compile_strictly(typescript: Path) -> None:
    npm(typescript, "run", "--silent", "check")


def test_its_own_tests_pass_in_node_and_in_a_browser(typescript: Path) -> None:
    pass_tests(typescript, at_least=150)


def test_of_a_failing_run_only_what_failed_is_shown(typescript: Path, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"scripts": {"test": "node --test --test-reporter=tap tests.mjs"}}')
    (tmp_path / "tests.mjs").write_text(
        'import { test } from "node:test";\n'
        'test("goes well", () => undefined);\n'
        'test("goes badly", () => { throw new Error("the reason"); });\n'
    )
    with pytest.raises(AssertionError) as failed:
        pass_tests(tmp_path, at_least=1)
    said = str(failed.value)
    assert "the reason" in said
    assert "not ok 2 - goes badly" in said
    assert "goes well" not in said


def test_its_types_are_what_the_generator_makes_of_the_api_document(typescript: Path) -> None:
    there = (typescript / "src" / "generated" / "schema.ts").read_text()
    assert there.partition("\n\n")[2] == npm(typescript, "run", "--silent", "generate")


def test_the_lock_file_names_no_registry(typescript: Path) -> None:
    lock = json.loads((typescript / "package-lock.json").read_text())
    assert not any("resolved" in package for package in lock["packages"].values())


def test_the_packages_are_of_one_version_and_the_sdk_depends_on_nothing() -> None:
    sdk = json.loads((TYPESCRIPT / "package.json").read_text())
    cli = json.loads((ROOT / "sdks" / "cli" / "package.json").read_text())
    assert [sdk["version"], cli["version"]] == [__version__, __version__]
    assert "dependencies" not in sdk
    assert cli["dependencies"] == {"sandbox-agent": f"^{__version__}"}


def test_the_package_holds_what_is_needed_and_no_more(packed: list[Path]) -> None:
    listing = subprocess.run(["tar", "tzf", packed[0]], capture_output=True, text=True, check=True).stdout.split()
    assert "package/dist/index.js" in listing
    assert "package/dist/index.d.ts" in listing
    assert all(re.match(r"package/(dist/|README\.md$|package\.json$)", name) for name in listing)
    assert packed[0].stat().st_size < 100_000


def test_the_types_of_the_package_are_found_by_a_strict_compiler(installed: Path, typescript: Path) -> None:
    (installed / "use.ts").write_text(
        'import { SandboxAgent, type UniversalEvent } from "sandbox-agent";\n'
        'const client = await SandboxAgent.connect({ baseUrl: "http://127.0.0.1:1" });\n'
        'for await (const event of client.session("s").stream()) { const same: UniversalEvent = event; void same; }\n'
    )
    options = {"strict": True, "noEmit": True, "target": "es2022", "module": "nodenext", "types": []}
    (installed / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["use.ts"]}))
    run(installed, str(typescript / "node_modules" / ".bin" / "tsc"), "--project", ".")


def test_the_wrapper_runs_the_command_and_passes_on_how_it_ends(installed: Path) -> None:
    wrapper = installed / "node_modules" / ".bin" / "sandbox-agent"
    assert __version__ in run(installed, str(wrapper), "--version")
    wrong = subprocess.run(
        [wrapper, "nonsense"], env={**os.environ, "SANDBOX_AGENT_BIN": str(BINARY)}, capture_output=True, check=False
    )
    assert wrong.returncode == 2


def test_the_wrapper_finds_the_command_on_the_path_and_not_itself(installed: Path) -> None:
    wrapper = installed / "node_modules" / ".bin"
    path = os.pathsep.join([str(wrapper), str(BINARY.parent), os.environ["PATH"]])
    assert __version__ in run(installed, "sandbox-agent", "--version", PATH=path, SANDBOX_AGENT_BIN="")


def test_a_signal_to_the_wrapper_stops_the_server(installed: Path) -> None:
    wrapper = subprocess.Popen(
        [installed / "node_modules" / ".bin" / "sandbox-agent", "server", "--port", "0"],
        env={**os.environ, "SANDBOX_AGENT_BIN": str(BINARY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert wrapper.stdout is not None
    with wrapper.stdout:
        assert "listening" in wrapper.stdout.readline()
        wrapper.send_signal(signal.SIGTERM)
        assert wrapper.wait(30) == 0
        # Whoever still held the pipe would keep it open.
        wrapper.stdout.read()
