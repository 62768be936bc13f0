from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox_agent.runtime.install.command import Aborted, TimedOut, run

if TYPE_CHECKING:
    from pathlib import Path

ENV = {"PATH": os.environ["PATH"]}


def test_code_and_output_come_back(tmp_path: Path) -> None:
    ended = run(["sh", "-c", "echo out; echo err >&2; exit 3"], env=ENV, cwd=tmp_path, limit=10)
    assert (ended.code, ended.stdout, ended.stderr) == (3, "out\n", "err\n")


def test_of_a_flood_only_the_end_is_kept(tmp_path: Path) -> None:
    program = "print('x' * 10_000_000); print('end')"
    ended = run([sys.executable, "-c", program], env=ENV, cwd=tmp_path, limit=30)
    assert len(ended.stdout) == 16_384
    assert ended.stdout.endswith("x\nend\n")


def test_a_command_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    program = f"sleep 60 & echo $! > {tmp_path}/pid; wait"
    with pytest.raises(TimedOut):
        run(["sh", "-c", program], env=ENV, cwd=tmp_path, limit=0.5)
    assert _gone(int((tmp_path / "pid").read_text()))


def test_a_command_nobody_waits_for_is_killed(tmp_path: Path) -> None:
    with pytest.raises(Aborted):
        run(["sleep", "60"], env=ENV, cwd=tmp_path, limit=60, aborted=lambda: True)


def test_a_grandchild_that_keeps_the_pipe_is_not_waited_for(tmp_path: Path) -> None:
    program = f"sleep 60 & echo $! > {tmp_path}/pid; echo said"
    ended = run(["sh", "-c", program], env=ENV, cwd=tmp_path, limit=30)
    assert ended.stdout == "said\n"
    os.kill(int((tmp_path / "pid").read_text()), 9)


def test_a_program_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run([str(tmp_path / "none")], env=ENV, cwd=tmp_path, limit=1)


def _gone(pid: int) -> bool:
    """A killed orphan stays a zombie until the machine's first process looks."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:  # noqa: PTH123 - a path of the system's
            return stat.read().split(") ")[1][0] == "Z"
    except OSError:
        return True
