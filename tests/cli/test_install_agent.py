"""The command as a user runs it: a process of its own."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox_agent.agents import AGENTS

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", "import sys; from sandbox_agent.cli import main; sys.exit(main())", "install-agent")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "SANDBOX_AGENT_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """An executable that says it is Claude Code."""
    path = tmp_path / "my-claude"
    path.write_text("#!/bin/sh\necho '2.1.999 (Claude Code)'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def install(environ: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            env=environ | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run


def test_the_pinned_claude_is_installed_and_its_path_is_all_that_stdout_holds(
    install: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    shared = str(CHECKOUT / ".cache" / "agents")
    ended = install("claude", "--version", "2.1.197", SANDBOX_AGENT_DATA_DIR=shared)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"{shared}/agents/claude/2.1.197/claude\n"
    assert "2.1.197" in ended.stderr


def test_an_executable_that_is_there_can_be_used(
    install: Callable[..., subprocess.CompletedProcess[str]], mine: Path, tmp_path: Path
) -> None:
    ended = install("claude", "--path", str(mine))
    assert ended.stdout == f"{tmp_path}/data/agents/claude/2.1.999/claude\n"
    assert ended.stderr == f"Verifying {mine}\nclaude 2.1.999 is installed and is now the default.\n"
    assert "was installed already" in install("claude", "--source", "path", "--path", str(mine)).stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody"], "unsupported agent: nobody\nThere are: "),
        (["claude", "--source", "path"], "the source `path` needs a path\nGive it with --path FILE."),
        (["claude", "--path", "/none"], "/none is not an executable file"),
        (["claude", "--source", "npm", "--path", "/none"], "--path goes with --source path only"),
        (["claude", "--version", "9.9.9", "--source", "npm"], "  | npm error code ETARGET"),
        (["claude", "--version", "9.9.9", "--source", "pip"], "no wheel is known to carry 9.9.9"),
    ],
)
def test_a_failure_is_told_and_ends_with_status_1(
    install: Callable[..., subprocess.CompletedProcess[str]], arguments: list[str], said: str
) -> None:
    ended = install(*arguments)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_mock_needs_no_installation(install: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    ended = install("mock")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr == "mock needs no installation.\n"


def test_a_terminal_sees_what_is_being_done(environ: dict[str, str], mine: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    mine.write_text(f"#!/bin/sh\nwhile ! test -e {tmp_path}/go; do sleep 0.01; done\necho 2.1.999\n")
    process = subprocess.Popen(
        [*COMMAND, "claude", "--path", str(mine)],
        env=environ | {"TERM": "xterm", "COLUMNS": "300"},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while b"Verifying" not in shown:
        shown += os.read(ours, 65_536)
    (tmp_path / "go").touch()
    assert process.wait(60) == 0
    os.close(ours)
    assert b"\x1b[" in shown


def test_all_goes_through_every_agent_and_fails_when_one_fails(
    install: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    ended = install("all", "--source", "path")
    assert ended.returncode == 1
    assert "mock needs no installation" in ended.stderr
    with_programs = [name for name, agent in AGENTS.items() if agent.install is not None]
    assert ended.stderr.count("the source `path` needs a path") == len(with_programs)
    assert install("all", "--version", "1").returncode == 2
