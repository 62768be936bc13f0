from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from sandbox_agent.runtime import guardian
from sandbox_agent.runtime.guardian import MARK
from sandbox_agent.runtime.owner import Owner, this_daemon

from .ear import eventually

pytestmark = pytest.mark.anyio


def test_there_is_no_guardian_before_it_is_needed_and_then_only_one() -> None:
    owner = Owner()
    assert owner.guardian_pid is None
    owner.guard()
    first = owner.guardian_pid
    owner.guard()
    assert owner.guardian_pid == first
    owner.close()


def test_the_guardian_ends_when_the_daemon_does() -> None:
    owner = Owner()
    owner.guard()
    owner.close()
    owner.close()
    assert owner.guardian_pid not in guardian.processes()


def test_an_owner_without_a_guardian_can_be_closed() -> None:
    Owner().close()


async def test_the_guardian_has_its_own_session_and_holds_nothing_of_ours() -> None:
    owner = Owner()
    read, write = os.pipe()
    os.set_inheritable(write, True)
    owner.guard()
    pid = owner.guardian_pid
    assert pid is not None
    assert os.getsid(pid) == pid
    await eventually(lambda: psutil.Process(pid).num_fds() == 3)
    os.close(write)
    assert os.read(read, 1) == b""
    os.close(read)
    owner.close()


async def test_a_guardian_that_was_killed_is_replaced() -> None:
    owner = Owner()
    owner.guard()
    first = owner.guardian_pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: owner.guardian_pid != first)
    second = owner.guardian_pid
    assert second in guardian.processes()
    owner.close()
    assert second not in guardian.processes()


@pytest.mark.parametrize("killed", [False, True])
async def test_folders_go_after_the_processes_also_with_a_second_guardian(tmp_path: Path, killed: bool) -> None:
    owner = Owner()
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
    owner.take_along(tmp_path / "before")
    owner.guard()
    owner.take_along(tmp_path / "after")
    if killed:
        first = owner.guardian_pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: owner.guardian_pid != first)
    assert len(os.listdir(tmp_path)) == 2  # noqa: PTH208 - nothing waits for the disk
    owner.close()
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_each_mark_is_new_and_goes_below_the_one_we_carry() -> None:
    owner = Owner()
    first, mark = owner.mark({})
    assert mark == first
    second, mark = owner.mark({MARK: "outer.1"})
    assert second != first
    assert mark == f"outer.1:{second}"


def test_a_daemon_is_one_owner_and_a_fork_of_it_another() -> None:
    ours = this_daemon().token
    assert this_daemon().token == ours
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        os.write(write, this_daemon().token.encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(read, 100).decode()
    assert theirs
    assert theirs != ours
    os.close(read)
    os.close(write)


async def test_processes_of_agents_are_counted_with_what_they_started() -> None:
    owner = Owner()
    assert await owner.count() == 0
    owner.guard()
    assert await owner.count() == 0
    _, mark = owner.mark({})
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    agent = await asyncio.create_subprocess_exec(sys.executable, "-c", program, env={MARK: mark}, stdin=subprocess.PIPE)
    async with asyncio.timeout(30):
        while await owner.count() != 2:
            continue
        await agent.communicate(b"\n")
        while await owner.count():
            continue
    owner.close()
