from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import psutil
import pytest

from sandbox_agent.adapter import Exited, Spawn
from sandbox_agent.runtime import guardian, process, stdio
from sandbox_agent.runtime.link import LinkFailed
from sandbox_agent.runtime.links import open_link
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.runtime.stdio import StdioLink

from .ear import PATIENCE, Ear, Watch, python

pytestmark = pytest.mark.anyio
SETTINGS = Settings(environ={})
MIB = 1024 * 1024
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
SLEEP = "\ntime.sleep(1000)"


@pytest.fixture(scope="module", params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": request.param}


Connect = Callable[[Ear, Spawn], Awaitable[StdioLink]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    links: list[StdioLink] = []

    async def connect(ear: Ear, spawn: Spawn) -> StdioLink:
        link = await open_link(spawn, ear, SETTINGS)
        assert isinstance(link, StdioLink)
        links.append(link)
        return link

    yield connect
    for link in links:
        await link.close(grace=0)


def dead(pid: int | bytes) -> bool:
    return int(pid) not in guardian.processes()


async def test_close_ends_the_input_first(connect: Connect) -> None:
    ear = Ear()
    link = await connect(ear, python(DEAF + "say('up')\nwhile os.read(0, 9): pass\nsay('bye'); sys.exit(6)"))
    await ear.hear(1)
    await link.close(grace=PATIENCE)
    assert ear.lines == [b"up", b"bye"]
    assert ear.exit == Exited(exit_code=6)


async def test_close_lets_an_agent_clean_up_on_term(connect: Connect) -> None:
    ear = Ear()
    code = "import signal; signal.signal(15, lambda *_: (os.write(1, b'cleaned\\n'), os._exit(0)))\nsay('up')"
    link = await connect(ear, python(code + SLEEP))
    await ear.hear(1)
    await link.close(grace=PATIENCE)
    assert ear.lines == [b"up", b"cleaned"]
    assert ear.exit == Exited(exit_code=0)


@pytest.mark.parametrize("grace", [0, 0.05])
async def test_an_agent_that_ignores_term_is_killed_with_all_it_started(connect: Connect, grace: float) -> None:
    ear = Ear()
    code = DEAF + "say(os.getpid()); say(orphan()); say(orphan(1, 2)); say(os.fork() or os.getpid())"
    link = await connect(ear, python(code + SLEEP))
    pids = await ear.hear(5)
    await link.close(grace=grace)
    assert ear.exit == Exited(exit_code=-9)
    assert all(dead(pid) for pid in pids)


async def test_children_that_lost_the_mark_and_their_parent_die_too(connect: Connect) -> None:
    ear = Ear()
    code = """
import subprocess
argv = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(1000)"]
say(subprocess.Popen(argv, env={}, start_new_session=True).pid)
"""
    link = await connect(ear, python(code + SLEEP))
    (pid,) = await ear.hear(1)
    await link.close(grace=PATIENCE)
    assert ear.exit == Exited(exit_code=-15)
    assert dead(pid)


async def test_a_stopped_agent_is_killed(connect: Connect) -> None:
    ear = Ear()
    link = await connect(ear, python("say('up'); os.kill(os.getpid(), 19)"))
    await ear.hear(1)
    async with asyncio.timeout(PATIENCE):
        await asyncio.to_thread(os.waitid, os.P_PID, link._process.pid, os.WSTOPPED | os.WNOWAIT)
    await link.close(grace=0.01)
    assert ear.exit == Exited(exit_code=-9)


async def test_an_agent_that_keeps_forking_does_not_escape(connect: Connect) -> None:
    ear = Ear()
    # It ends by itself, so that a link that loses the chase leaves nothing running for ever.
    code = """
say('up')
end = time.monotonic() + 15
while time.monotonic() < end:
    if os.fork():
        os._exit(0)
    os.setsid()
    time.sleep(0.01)
"""
    link = await connect(ear, python(code))
    await ear.hear(1)
    await link.close(grace=0)
    looks = [guardian.find(link._process._target, guardian.processes()) for _ in range(20)]
    assert not any(looks)


async def test_links_do_not_touch_each_other(connect: Connect) -> None:
    one, other = Ear(), Ear()
    first = await connect(one, python("say(orphan())" + SLEEP))
    await connect(other, python("say(orphan())" + SLEEP))
    await one.hear(1)
    (pid,) = await other.hear(1)
    await first.close(grace=0)
    assert other.exit is None
    assert not dead(pid)


async def test_close_is_safe_twice_at_once_and_after_the_exit(connect: Connect) -> None:
    ear = Ear()
    link = await connect(ear, python("say('up')" + SLEEP))
    await ear.hear(1)
    await asyncio.gather(*(link.close(grace=grace) for grace in (PATIENCE, 0.01, 0)))
    await link.close()
    assert ear.exit is not None
    link.pause()
    link.resume()
    link.noise(b"late")


async def test_a_second_close_without_grace_kills_at_once(connect: Connect) -> None:
    ear = Ear()
    link = await connect(ear, python(DEAF + "say('up')" + SLEEP))
    await ear.hear(1)
    patient = asyncio.create_task(link.close(grace=1000))
    await asyncio.sleep(0)
    await link.close(grace=0)
    async with asyncio.timeout(PATIENCE):
        await patient
    assert ear.exit == Exited(exit_code=-9)


async def test_a_cancelled_close_can_be_repeated(connect: Connect) -> None:
    ear = Ear()
    link = await connect(ear, python(DEAF + "say('up')" + SLEEP))
    await ear.hear(1)
    closing = asyncio.create_task(link.close(grace=1000))
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait({closing})
    assert ear.exit is None
    await link.close(grace=0)
    assert ear.exit == Exited(exit_code=-9)


async def test_close_right_after_opening_leaves_nothing(connect: Connect) -> None:
    ear = Ear()
    link = await connect(ear, python("say(orphan())" + SLEEP))
    await link.close(grace=0)
    assert ear.exit == Exited(exit_code=-9)
    assert not guardian.find(link._process._target, guardian.processes())


async def test_opening_that_is_cancelled_starts_nothing() -> None:
    children = set(psutil.Process().children(recursive=True))
    opening = asyncio.ensure_future(open_link(python(SLEEP), Ear(), SETTINGS))
    opening.cancel()
    await asyncio.wait({opening})
    assert opening.cancelled()
    assert set(psutil.Process().children(recursive=True)) <= children


async def test_a_failed_start_never_calls_the_sink() -> None:
    ear = Ear()
    with pytest.raises(LinkFailed):
        await open_link(Spawn(argv=("/nowhere/agent",), cwd="/"), ear, SETTINGS)
    assert ear.exit is None


async def test_a_loop_that_goes_down_takes_the_agent_with_it(connect: Connect) -> None:
    ear = Ear()
    link = await connect(ear, python("say('up')" + SLEEP))
    watch = Watch(link.pid)
    await ear.hear(1)
    link._life.cancel()
    assert await ear.gone() == Exited(exit_code=-9)
    assert watch.ended()
    watch.forget()


async def test_a_loop_that_goes_down_before_the_first_step_takes_the_agent_with_it(connect: Connect) -> None:
    ear = Ear()
    link = await connect(ear, python(SLEEP))
    link._life.cancel()
    await link.close()
    assert ear.exit == Exited(exit_code=-9)


async def test_what_cannot_be_killed_is_given_up_and_told(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """No program of ours can resist KILL, so the kill is taken away."""
    ear = Ear()
    link = await connect(ear, python("say('up')" + SLEEP))
    await ear.hear(1)
    with monkeypatch.context() as without:
        without.setattr(guardian, "_kill", lambda _: False)
        without.setattr(stdio, "KILL_LIMIT", 0.01)
        await link.close(grace=0)
    assert ear.exit is not None
    assert ear.exit.error is not None
    assert ear.exit.exit_code is None
    os.kill(link.pid, signal.SIGKILL)
    await asyncio.to_thread(link._process._popen.wait, PATIENCE)


async def test_what_an_agent_leaves_and_cannot_be_killed_is_told(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear = Ear()
    monkeypatch.setattr(process, "SWEEP_LIMIT", -1)
    await connect(ear, python("pass"))
    exit = await ear.gone()
    assert exit.stderr is not None
    assert "could not be killed" in (exit.stderr.head or "")


async def test_two_hundred_links_leave_no_descriptor_no_process_no_thread() -> None:
    this = psutil.Process()

    async def one(number: int) -> None:
        ear = Ear()
        link = await open_link(python("say(1)" if number % 2 else "say(1); os.read(0, 1)" + SLEEP), ear, SETTINGS)
        if number % 2:
            await ear.gone()
        await link.close(grace=0.01 * (number % 3))
        assert ear.exit is not None

    await asyncio.gather(*(one(number) for number in range(10)))
    before = this.num_fds(), threading.active_count(), len(this.children(recursive=True)), len(asyncio.all_tasks())
    for _ in range(10):
        await asyncio.gather(*(one(number) for number in range(20)))
    after = this.num_fds(), threading.active_count(), len(this.children(recursive=True)), len(asyncio.all_tasks())
    assert after == before
