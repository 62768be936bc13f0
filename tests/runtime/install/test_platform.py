from __future__ import annotations

from pathlib import Path

import pytest

from sandbox_agent.agents.claude.install import INSTALL
from sandbox_agent.runtime.install import detect_platform
from sandbox_agent.runtime.install.platform import suitable


@pytest.mark.parametrize(
    ("system", "machine", "files", "platform"),
    [
        ("linux", "x86_64", ["lib64/ld-linux-x86-64.so.2"], "linux-x64"),
        ("linux", "aarch64", ["lib/ld-linux-aarch64.so.1"], "linux-arm64"),
        ("linux", "x86_64", ["lib/ld-musl-x86_64.so.1"], "linux-x64-musl"),
        ("linux", "aarch64", ["lib/ld-musl-aarch64.so.1"], "linux-arm64-musl"),
        ("linux", "x86_64", ["lib/ld-musl-x86_64.so.1", "lib64/ld-linux-x86-64.so.2"], "linux-x64"),
        ("linux", "riscv64", [], "linux-riscv64"),
        ("darwin", "arm64", [], "darwin-arm64"),
        ("darwin", "x86_64", [], "darwin-x64"),
    ],
)
def test_a_machine_is_named_as_the_packages_name_it(
    tmp_path: Path, system: str, machine: str, files: list[str], platform: str
) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    assert detect_platform(system=system, machine=machine, root=tmp_path) == platform


def test_there_is_a_claude_for_this_machine() -> None:
    assert detect_platform() in INSTALL.npm


@pytest.mark.parametrize(
    ("flags", "builds", "build"),
    [
        ("fpu sse2 avx2", ["linux-x64", "linux-x64-baseline"], "linux-x64"),
        ("fpu sse2", ["linux-x64", "linux-x64-baseline"], "linux-x64-baseline"),
        ("fpu sse2", ["linux-x64"], "linux-x64"),
    ],
)
def test_an_old_processor_gets_a_build_for_it_if_there_is_one(
    tmp_path: Path, flags: str, builds: list[str], build: str
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor : 0\nflags : {flags}\n")
    assert suitable("linux-x64", builds, cpuinfo=cpuinfo) == build


def test_a_machine_that_does_not_tell_its_processor_gets_the_usual_build(tmp_path: Path) -> None:
    assert suitable("darwin-x64", ["darwin-x64-baseline"], cpuinfo=tmp_path / "none") == "darwin-x64"
