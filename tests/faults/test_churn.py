"""Many short sessions leave nothing behind: no descriptors, processes, threads, tasks, and hardly any memory."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
import pytest

from .house import PATIENCE, Build, House, eventually

pytestmark = pytest.mark.anyio

HERE = Path(__file__).parent
AT_ONCE = 10
GROWTH = 8
"""Mebibytes that 400 sessions may leave: allocators are no accountants, but 20 KiB a session would be a leak."""


POOL = min(32, (os.cpu_count() or 1) + 4)
"""Threads that asyncio keeps for blocking work; it starts them as they are needed, and never ends one."""


class Count(NamedTuple):
    descriptors: int
    children: int
    tasks: int


async def sessions(house: House, agent: str, first: int, count: int) -> None:
    """Create, one turn, delete; several at once."""
    waiting = iter(range(first, first + count))

    async def worker(http: httpx.AsyncClient) -> None:
        for number in waiting:
            path = f"/v1/sessions/{agent}{number}"
            created = await http.post(path, json={"agent": agent, "directory": str(house.home)})
            assert created.status_code == 200, created.text
            turn = await http.post(path + "/messages/stream", json={"message": "hello"})
            assert '"turn.ended"' in turn.text, turn.text
            assert (await http.delete(path)).status_code == 204

    async with httpx.AsyncClient(base_url=house.url, timeout=PATIENCE, trust_env=False) as http:
        await asyncio.gather(*(worker(http) for _ in range(AT_ONCE)))


async def counted(house: House) -> Count:
    """What the daemon has, with all connections closed."""
    await house.sockets(1)
    target = house.home / "count"
    target.unlink(missing_ok=True)
    house.process.send_signal(signal.SIGUSR2)
    await eventually(target.exists, "the daemon counts")
    daemon = psutil.Process(house.pid)
    children = [each for each in daemon.children(recursive=True) if each.status() != psutil.STATUS_ZOMBIE]
    zombies = len(daemon.children()) - len(children)
    assert zombies == 0
    return Count(daemon.num_fds(), len(children), int(target.read_text()))


@pytest.mark.parametrize("agent", ["claude", "mock"])
async def test_five_hundred_short_sessions_leave_the_daemon_as_it_was(build: Build, tmp_path: Path, agent: str) -> None:
    program = tmp_path / "agent"
    program.write_text("#!/bin/sh\n" + (HERE / "churn.sh").read_text())
    program.chmod(0o755)
    env = {"SANDBOX_AGENT_CLAUDE_BIN": str(program), "COUNT_FILE": str(tmp_path / "count")}
    house = build(env, command=(sys.executable, str(HERE / "counting.py")), home=tmp_path)
    await sessions(house, agent, 0, 100)
    early, early_memory = await counted(house), memory(house)
    await sessions(house, agent, 100, 400)
    late, late_memory = await counted(house), memory(house)
    assert late == early
    assert early.tasks > 0
    assert psutil.Process(house.pid).num_threads() <= POOL + 4
    assert late_memory - early_memory < GROWTH


def memory(house: House) -> float:
    return psutil.Process(house.pid).memory_info().rss / 2**20
