"""A daemon as containers run it: as the first process, on a read-only root, as a user that nobody has heard of."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx
import psutil
import pytest

from sandbox_agent.schema.events import TurnEnded

from .house import COMMAND, PATIENCE, Build, House, eventually

pytestmark = pytest.mark.anyio

SUBREAPER = """
import ctypes, sys
from sandbox_agent.cli import main, pid1
assert ctypes.CDLL(None).prctl(36, 1) == 0  # PR_SET_CHILD_SUBREAPER: orphans come to us, as to process 1
sys.exit(pid1.run(lambda: main(sys.argv[1:])))
"""
LIKE_FIRST = (sys.executable, "-c", SUBREAPER)
ORPHANS = """
r, w = os.pipe()
for _ in range(20):
    if os.fork() == 0:
        if os.fork() == 0:
            time.sleep(0.05)
        os._exit(0)
    os.waitpid(-1, 0)
os.close(w)
os.read(r, 1)
say('all have ended')
"""
"""Double-forked processes; each ends as a child of whoever takes orphans in, and is a zombie until it is reaped."""


def permitted(*unshare: str) -> bool:
    try:
        return subprocess.run(["unshare", *unshare, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


USER = () if os.geteuid() == 0 else ("--user", "--map-root-user")
PIDS = ("unshare", *USER, "--pid", "--fork", "--kill-child", "--mount-proc")
FIRST: dict[str, Sequence[str]] = {"like process 1": LIKE_FIRST} | (
    {"process 1": (*PIDS, *COMMAND)} if permitted(*PIDS[1:]) else {}
)


def first_of(house: House, command: Sequence[str]) -> psutil.Process:
    """The process that is the first in its container; `unshare` is around it."""
    process = psutil.Process(house.pid)
    return process if command is LIKE_FIRST else process.children()[0]


@pytest.fixture(params=FIRST)
def command(request: pytest.FixtureRequest) -> Sequence[str]:
    return FIRST[str(request.param)]


async def test_the_first_process_reaps_orphans_and_passes_on_the_stop(build: Build, command: Sequence[str]) -> None:
    house = build(command=command)
    first = first_of(house, command)
    (server,) = first.children()
    assert os.getsid(server.pid) == server.pid
    async with house.talk() as talk:
        assert (await talk.turn(ORPHANS)).reason == "completed"
        await eventually(lambda: not zombies(first), lambda: f"zombies: {zombies(first)}")
    first.send_signal(signal.SIGTERM)
    assert await house.stopped() == 0
    await house.empty()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_the_status_of_the_server_is_the_status_of_the_container(build: Build, number: signal.Signals) -> None:
    house = build(command=LIKE_FIRST)
    (server,) = psutil.Process(house.pid).children()
    server.send_signal(number)
    assert await house.stopped() == (128 + signal.SIGKILL if number == signal.SIGKILL else 0)


MOUNTS = ("unshare", *USER, "--mount")
ODD_USER = ("unshare", "--user", "--map-user=12345")
READ_ONLY = 'mount -o remount,ro,bind / && exec "$@"'
SURROUNDINGS: dict[str, Sequence[str]] = {"nowhere to write": COMMAND}
if permitted(*MOUNTS[1:]):
    SURROUNDINGS["a read-only root"] = (*MOUNTS, "sh", "-c", READ_ONLY, "sh", *COMMAND)
if permitted(*ODD_USER[1:]):
    SURROUNDINGS["a user without a name"] = (*ODD_USER, *COMMAND)


@pytest.mark.parametrize("place", SURROUNDINGS)
async def test_it_works_in_poor_surroundings(build: Build, standin: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    environ = {"SANDBOX_AGENT_CLAUDE_BIN": str(standin), "SANDBOX_AGENT_DATA_DIR": str(tmp_path / "file" / "data")}
    house = build(environ, command=SURROUNDINGS[place], without=("HOME",))
    async with house.talk(agent="mock") as mock, house.talk() as claude:
        assert (await mock.turn("hello")).reason == "completed"
        assert (await claude.turn("say('hello')")).reason == "completed"
    async with httpx.AsyncClient(base_url=house.url, timeout=PATIENCE, trust_env=False) as http:
        assert (await http.get("/v1/agents")).status_code == 200
        assert (await http.get("/v1/fs/entries", params={"path": "/"})).status_code == 200
        refused = await http.post("/v1/agents/claude/install", json={"reinstall": True})
        assert refused.json()["type"].startswith("urn:sandbox-agent:error:")


async def test_a_pause_of_the_whole_machine_leaves_it_well(build: Build) -> None:
    """As sandboxes are paused and resumed: everything stops at once, then goes on."""
    house = build()
    async with house.talk() as talk:
        await talk.send("b = Block()\nb.say('before ')\nb.say(sys.stdin.buffer.readline() and 'after')\nb.end()")
        await talk.hears("before")
        everything = [psutil.Process(house.pid), *house.processes()]
        for each in everything:
            each.suspend()
        await eventually(lambda: all(each.status() == psutil.STATUS_STOPPED for each in everything), "all stop")
        sent = asyncio.create_task(talk.send("say('queued')"))
        for each in everything:
            each.resume()
        await sent
        await talk.post("/interrupt")
        assert (await talk.nth(TurnEnded)).reason in {"completed", "interrupted"}
        assert (await talk.nth(TurnEnded, 2)).reason == "completed"
        assert "queued" in talk.says


def zombies(first: psutil.Process) -> list[psutil.Process]:
    return [each for each in first.children(recursive=True) if each.status() == psutil.STATUS_ZOMBIE]
