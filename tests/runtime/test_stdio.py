from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from sandbox_agent.adapter import Exited, Log, Spawn
from sandbox_agent.adapter.frames import LINE_LIMIT, LineTooLong
from sandbox_agent.runtime import guardian
from sandbox_agent.runtime.links import open_link
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.runtime.stdio import StdioLink
from sandbox_agent.schema.events import StderrTail

from .ear import Ear, eventually, python

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


# Lines


async def test_lines_come_in_order_and_the_exit_after_the_last(connect: Connect) -> None:
    ear = Ear()
    await connect(ear, python("for n in range(50_000): print(n)"))
    assert await ear.gone() == Exited(exit_code=0)
    assert ear.lines == [b"%d" % number for number in range(50_000)]


@pytest.mark.parametrize("size", [1, 16, 64])
async def test_a_line_of_many_mib_arrives_whole(connect: Connect, size: int) -> None:
    ear = Ear()
    await connect(ear, python(f"say('a' * {size * MIB}); say('b')"))
    await ear.gone()
    large, small = ear.lines
    assert isinstance(large, bytes)
    assert len(large) == size * MIB
    assert large.count(b"a") == size * MIB
    assert small == b"b"


async def test_a_line_over_the_limit_is_reported_and_the_next_one_arrives(connect: Connect) -> None:
    ear = Ear()
    await connect(ear, python(f"say('a' * {LINE_LIMIT + 1}); say('b')"))
    await ear.gone()
    assert ear.lines == [LineTooLong(size=LINE_LIMIT + 1), b"b"]


async def test_utf_8_may_be_cut_at_every_byte(connect: Connect) -> None:
    """Each part is written when the one before was read."""
    text = '{"text":"aä€𝄞\u2028z"}'
    data = text.encode()
    ear = Ear()
    code = "for each in os.read(0, 100): os.write(1, bytes([each])); os.read(0, 1)"
    link = await connect(ear, python(code))
    take = link._reader._take

    def taken(chunk: bytes) -> None:
        take(chunk)
        link.send(b"+")

    link._reader._take = taken
    link.send(data + b"\n")
    assert await ear.hear(1) == [data]


async def test_half_a_line_at_the_exit_is_a_line(connect: Connect) -> None:
    ear = Ear()
    await connect(ear, python("say('one'); os.write(1, b'tw')"))
    await ear.gone()
    assert ear.lines == [b"one", b"tw"]


async def test_what_is_written_just_before_the_exit_arrives_also_when_reading_is_paused(connect: Connect) -> None:
    ear = Ear()
    link = await connect(ear, python("os.read(0, 1); print('x\\n' * 30_000, flush=True)"))
    link.pause()
    link.send(b"+")
    await ear.gone()
    assert len(ear.lines) == 30_000


async def test_a_closed_stdout_is_no_exit(connect: Connect) -> None:
    ear = Ear()
    await connect(ear, python("say('one'); os.close(1); os.read(0, 1); sys.exit(5)"))
    await ear.hear(1)
    (link,) = [task for task in asyncio.all_tasks() if task.get_name().startswith("agent")]
    assert not link.done()


# Backpressure


async def test_a_paused_agent_waits_and_then_loses_nothing(connect: Connect) -> None:
    ear = Ear()
    code = f"""
say('begin')
os.read(0, 1)
written, line = 0, b'x' * 999 + b'\\n'
os.set_blocking(1, False)
while written < {20 * MIB}:
    try:
        written += os.write(1, line)
    except BlockingIOError:
        os.set_blocking(1, True)
        os.write(2, b'full\\n')
"""
    link = await connect(ear, python(code))
    await ear.hear(1)
    link.pause()
    link.pause()
    link.send(b"+")
    await eventually(lambda: link._stderr._total > 0)
    assert len(ear.lines) == 1
    link.resume()
    link.resume()
    exit = await ear.gone()
    assert exit.stderr == StderrTail(truncated=False, head="full", total_lines=1)
    assert sum(len(line) + 1 for line in ear.lines if isinstance(line, bytes)) >= 20 * MIB


async def test_send_returns_at_once_and_all_of_it_arrives_in_order(connect: Connect) -> None:
    ear = Ear()
    code = f"""
os.read(0, 1)
import hashlib
hash, left = hashlib.sha256(), {8 * MIB * 3}
while left:
    data = os.read(0, 65536)
    left -= len(data)
    hash.update(data)
say(hash.hexdigest())
"""
    link = await connect(ear, python(code))
    parts = [bytes([each]) * (8 * MIB) for each in b"abc"]
    link.send(b"+")
    for part in parts:
        link.send(part)
    assert await ear.hear(1) == [sha256(b"".join(parts)).hexdigest().encode()]


async def test_a_broken_pipe_is_no_error(connect: Connect) -> None:
    ear = Ear()
    link = await connect(ear, python("os.close(0); say('closed'); os.read(os.open('/dev/null', 0), 1)" + SLEEP))
    await ear.hear(1)
    link.send(b"x" * MIB)
    link.send(b"y")
    assert ear.exit is None
    await link.close(grace=0)
    link.send(b"z")
    assert ear.exit == Exited(exit_code=-9)


async def test_a_pipe_that_breaks_while_bytes_wait_is_no_error(connect: Connect) -> None:
    ear = Ear()
    link = await connect(ear, python("say('up'); os.read(0, 1); os.close(0); say('closed')" + SLEEP))
    await ear.hear(1)
    link.send(b"x" * (8 * MIB))
    await ear.hear(2)
    await eventually(lambda: link._process.stdin.closed)
    link.send(b"z")
    assert ear.exit is None


# stderr and noise


async def test_stderr_is_told_at_the_exit(connect: Connect) -> None:
    ear = Ear()
    await connect(ear, python("sys.stderr.write('one\\ntwo'); sys.exit(3)"))
    assert await ear.gone() == Exited(exit_code=3, stderr=StderrTail(truncated=False, head="one\ntwo", total_lines=2))


async def test_a_flood_on_stderr_never_stops_the_agent(connect: Connect) -> None:
    ear = Ear()
    link = await connect(ear, python("for _ in range(200_000): os.write(2, b'x' * 99 + b'\\n')\nsay('done')"))
    link.pause()
    exit = await ear.gone()
    assert ear.lines == [b"done"]
    assert exit.stderr is not None
    assert exit.stderr.total_lines == 200_000
    assert exit.stderr.truncated


async def test_noise_is_kept_beside_stderr(connect: Connect) -> None:
    ear = Ear()
    link = await connect(ear, python("say('npm warn'); os.read(0, 1)"))
    (line,) = await ear.hear(1)
    link.noise(line)
    link.send(b"+")
    exit = await ear.gone()
    assert exit.stderr == StderrTail(truncated=False, head="npm warn", total_lines=1)


# The end


@pytest.mark.parametrize("keeps", ["", "0, 1, 2"])
async def test_an_exit_is_noticed_and_nothing_stays_whatever_a_grandchild_keeps(connect: Connect, keeps: str) -> None:
    ear = Ear()
    await connect(ear, python(f"say(orphan({keeps})); sys.exit(4)"))
    assert (await ear.gone()).exit_code == 4
    assert isinstance(ear.lines[0], bytes)
    assert dead(ear.lines[0])


async def test_a_grandchild_that_floods_the_pipe_cannot_delay_the_exit(connect: Connect) -> None:
    ear = Ear()
    code = """
if os.fork() == 0:
    os.setsid()
    while True:
        os.write(1, b'x' * 999 + b'\\n')
say('bye')
"""
    await connect(ear, python(code))
    assert (await ear.gone()).exit_code == 0


async def test_an_agent_that_ends_by_a_signal_has_a_negative_exit_code(connect: Connect) -> None:
    ear = Ear()
    link = await connect(ear, python("say(os.getpid())" + SLEEP))
    (pid,) = await ear.hear(1)
    assert int(pid) == link.pid
    os.kill(link.pid, signal.SIGSEGV)
    assert (await ear.gone()).exit_code == -signal.SIGSEGV


async def test_what_the_log_of_an_agent_tells_is_a_line_and_its_other_records_are_not_kept(connect: Connect) -> None:
    ear = Ear()
    code = "for each in ('{log a', '{log lost', 'oh'): print(each, file=open('/dev/stderr', 'a'), flush=True)"
    await connect(ear, replace(python(code), log=Log(begins=b"{log", tells=(b"lost",))))
    assert await ear.gone() == Exited(exit_code=0, stderr=StderrTail(truncated=False, head="oh", total_lines=1))
    assert ear.lines == [b"{log lost"]
