from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox_agent.adapter import Exited, Spawn, Stop, Write
from sandbox_agent.adapter.frames import LineTooLong
from sandbox_agent.runtime.channel import Channel
from sandbox_agent.runtime.inbox import HIGH_WATER, Entry, Gone, Inbox, Lines
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.runtime.shared import SharedServers

from .ear import PATIENCE, Watch, python

pytestmark = pytest.mark.anyio

ECHO = "for line in sys.stdin: say(line.strip())"


class Desk:
    """A channel and the one who reads its inbox."""

    def __init__(self, tmp_path: Path) -> None:
        self.inbox = Inbox()
        settings = Settings(data_dir=tmp_path, environ={}, close_grace=5)
        self.channel = Channel(self.inbox, settings, SharedServers(settings))

    async def do(self, *effects: Spawn | Write | Stop) -> None:
        for effect in effects:
            self.channel.add(effect)
        async with asyncio.timeout(PATIENCE):
            await self.channel.settle()

    async def next(self) -> Entry:
        async with asyncio.timeout(PATIENCE):
            return await self.inbox.get()

    async def lines(self, count: int) -> list[bytes | LineTooLong]:
        """So many lines of the current process."""
        heard: list[bytes | LineTooLong] = []
        while len(heard) < count:
            entry = await self.next()
            assert isinstance(entry, Lines), entry
            if self.channel.is_current(entry):
                heard += entry.lines
        return heard

    async def gone(self) -> Gone:
        """The exit of any process, after whatever it said."""
        while not isinstance(entry := await self.next(), Gone):
            pass
        return entry


@asynccontextmanager
async def opened(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    try:
        yield desk
    finally:
        async with asyncio.timeout(PATIENCE):
            await desk.channel.abandon(grace=0)


async def test_effects_are_done_in_order(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        assert (desk.channel.open, desk.channel.spawning) == (False, False)
        desk.channel.add(python(ECHO))
        assert desk.channel.spawning
        await desk.do(Write(data=b"one\n"), Write(data=b"two\n"))
        assert (desk.channel.open, desk.channel.spawning) == (True, False)
        assert await desk.lines(2) == [b"one", b"two"]


async def test_writing_to_nobody_is_no_error(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.do(Write(data=b"one\n"), Stop())
        assert not desk.channel.open


async def test_a_program_that_cannot_be_started_is_gone_with_a_reason(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.do(Spawn(argv=(str(tmp_path / "nothing"),), cwd="/"), Write(data=b"x\n"))
        entry = await desk.next()
        assert isinstance(entry, Gone)
        assert desk.channel.is_current(entry)
        assert "does not exist" in (entry.exit.error or "")
        assert not desk.channel.open


async def test_stop_ends_the_process_and_its_exit_comes_through_the_inbox(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.do(python(ECHO), Write(data=b"up\n"))
        await desk.lines(1)
        await desk.do(Stop())
        gone = await desk.gone()
        assert desk.channel.is_current(gone)
        desk.channel.gone()
        assert not desk.channel.open


async def test_a_second_process_replaces_the_first_whose_last_words_are_not_current(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.do(python("say(os.getpid())\n" + ECHO))
        (pid,) = await desk.lines(1)
        assert isinstance(pid, bytes)
        first = Watch(pid)
        await desk.do(python(ECHO), Write(data=b"second\n"))
        assert not first.alive
        first.forget()
        assert not desk.channel.is_current(await desk.gone())
        assert await desk.lines(1) == [b"second"]


async def test_who_is_abandoned_is_not_heard_any_more(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.do(python("say(os.getpid())\n" + ECHO))
        (pid,) = await desk.lines(1)
        assert isinstance(pid, bytes)
        agent = Watch(pid)
        desk.channel.add(Write(data=b"never\n"))
        async with asyncio.timeout(PATIENCE):
            await desk.channel.abandon(grace=0)
        assert not agent.alive
        agent.forget()
        assert not desk.channel.open
        assert not desk.channel.is_current(await desk.gone())


async def test_what_was_to_be_written_to_a_process_that_is_gone_is_void(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.do(python("raise SystemExit(3)"))
        assert (await desk.gone()).exit == Exited(exit_code=3)
        desk.channel.add(Write(data=b"late\n"))
        desk.channel.gone()
        await desk.do(python(ECHO), Write(data=b"on time\n"))
        assert await desk.lines(1) == [b"on time"]


async def test_a_full_inbox_stops_the_agent_and_nothing_is_lost(tmp_path: Path) -> None:
    total, size = 300, 100_000
    flood = f"for n in range({total}): say(str(n).rjust({size}))\nsys.stdin.read()"
    async with opened(tmp_path) as desk:
        await desk.do(python(flood))
        heard: list[bytes | LineTooLong] = []
        async with asyncio.timeout(PATIENCE):
            while not desk.inbox.full:  # noqa: ASYNC110 - an inbox tells nobody
                await asyncio.sleep(0)
        while len(heard) < total:
            entry = await desk.next()
            assert isinstance(entry, Lines)
            heard += entry.lines
            await desk.channel.settle()
        assert [int(line) for line in heard if isinstance(line, bytes)] == list(range(total))
        assert total * size > 5 * HIGH_WATER


async def test_a_paused_agent_fills_its_pipe_and_not_our_memory(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.do(python("while True: say('x' * 100_000)"))
        async with asyncio.timeout(PATIENCE):
            while not desk.inbox.full:  # noqa: ASYNC110 - an inbox tells nobody
                await asyncio.sleep(0)
        for _ in range(200):
            await asyncio.sleep(0)
        waiting = sum(entry.size for entry in desk.inbox.drain() if isinstance(entry, Lines))
        assert waiting < HIGH_WATER + 1_000_000


async def test_noise_is_told_with_the_exit(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        desk.channel.noise(b"nobody is there")
        await desk.do(python("sys.stdin.read(); raise SystemExit(1)"))
        desk.channel.noise(b"what is this")
        await desk.do(Stop())
        stderr = (await desk.gone()).exit.stderr
        assert stderr is not None
        assert stderr.head == "what is this"


async def test_files_are_there_before_the_process_and_go_with_the_channel(tmp_path: Path) -> None:
    private = tmp_path / "private"
    settings = Settings(data_dir=tmp_path, environ={}, close_grace=5)
    channel = Channel(inbox := Inbox(), settings, SharedServers(settings), str(private))
    code = f"say(open({str(private / 'config')!r}).read())"
    spawn = python(code)
    channel.add(replace(spawn, files={str(private / "config"): b"told in private"}))
    async with asyncio.timeout(PATIENCE):
        await channel.settle()
        entry = await inbox.get()
        assert isinstance(entry, Lines)
        assert entry.lines == [b"told in private"]
        await channel.abandon(grace=5)
    assert not private.exists()


async def test_files_that_cannot_be_written_are_the_reason_why_nothing_starts(tmp_path: Path) -> None:
    (tmp_path / "wall").touch()
    async with opened(tmp_path) as desk:
        await desk.do(replace(python(ECHO), files={str(tmp_path / "wall/config"): b""}))
        error = (await desk.gone()).exit.error
    assert error is not None
    assert error.startswith("the agent's configuration cannot be written")
