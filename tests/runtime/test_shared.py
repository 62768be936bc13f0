from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from sandbox_agent.adapter import Deliver, Exited, Spawn, Write
from sandbox_agent.adapter.frames import LINE_LIMIT, LineTooLong
from sandbox_agent.adapter.mending import CUT, DEEPEST
from sandbox_agent.runtime import shared
from sandbox_agent.runtime.link import Link, LinkFailed
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.runtime.shared import HELD_LIMIT, SharedServers

from .ear import PATIENCE, Ear, Watch, python

pytestmark = pytest.mark.anyio

SERVER = f"""
import subprocess
children = {{}}
for line in sys.stdin:
    who, _, words = line.strip().partition(" ")
    if words == "pid":
        say(who, os.getpid())
    elif words == "run":
        children[who] = orphan()
        say(who, children[who])
    elif words == "escape":
        env = {{**os.environ, "SANDBOX_AGENT_MEMBER": who}}
        say(who, subprocess.Popen(["sleep", "1000"], env=env, start_new_session=True).pid)
    elif words == "bye":
        if who in children:
            os.kill(int(children.pop(who)), 9)
        say(who, "cleared")
    elif words == "hang":
        time.sleep(1000)
    elif words == "long":
        say("a" * {LINE_LIMIT + 1})
    elif words.startswith("flood"):
        for number in range(int(words.split()[1])):
            say(who, "x" * 65536)
        say(who, "flooded")
    elif words == "crash":
        sys.exit(7)
    else:
        say(words if words.startswith("?") else who + " " + words)
"""


class ToyRouter:
    """Sends `<member> <words>` and hears the same; a member has left when the server says so."""

    def __init__(self) -> None:
        self._cleared: set[int] = set()

    def wrote(self, member: int, data: bytes) -> Iterator[Write | Deliver]:
        if data == b"straight back\n":
            yield Deliver(member, b"here")
        else:
            yield Write(data=b"%d %s" % (member, data))

    def said(self, line: bytes) -> Iterator[Write | Deliver]:
        if line == b"?all":
            yield from (Deliver(member, b"all") for member in (1, 2, 3))
            return
        if line == b"?bug":
            raise ValueError("a bug of the router")
        if line == b"?noise":
            raise msgspec.DecodeError("noise")
        who, _, words = line.partition(b" ")
        if words == b"cleared":
            self._cleared.add(int(who))
        yield Deliver(int(who), words)

    def leave(self, member: int) -> Iterator[Write | Deliver]:
        yield Write(data=b"%d bye\n" % member)

    def left(self, member: int) -> bool:
        return member in self._cleared

    def marks(self, member: int) -> tuple[str, ...]:
        return (str(member),)


class Place:
    """Opens links and closes what a test leaves open."""

    def __init__(self) -> None:
        settings = Settings(environ={})
        self.servers = SharedServers(settings)
        self._links: list[Link] = []
        self.spawn = replace(python(SERVER), shared=ToyRouter)

    async def join(self, spawn: Spawn | None = None) -> tuple[Link, Ear]:
        ear = Ear()
        link = await self.servers.open_link(spawn or self.spawn, ear)
        self._links.append(link)
        return link, ear

    async def close(self) -> None:
        async with asyncio.timeout(PATIENCE):
            for link in self._links:
                await link.close(grace=0)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = Place()
    yield place
    await place.close()


async def ask(link: Link, ear: Ear, words: bytes) -> bytes:
    heard = len(ear.lines)
    link.send(words + b"\n")
    return (await ear.hear(heard + 1))[heard]


async def close(link: Link, grace: float = 2.0) -> None:
    async with asyncio.timeout(PATIENCE):
        await link.close(grace=grace)


async def test_sessions_with_the_same_spawn_share_a_server_and_each_hears_its_own(place: Place) -> None:
    first, first_ear = await place.join()
    second, second_ear = await place.join()
    assert await ask(first, first_ear, b"one") == b"one"
    assert await ask(second, second_ear, b"two") == b"two"
    assert await ask(first, first_ear, b"pid") == await ask(second, second_ear, b"pid")
    assert first_ear.lines[:1] == [b"one"]
    assert second_ear.lines[:1] == [b"two"]


async def test_another_environment_or_folder_is_another_server(place: Place) -> None:
    here, here_ear = await place.join()
    there, there_ear = await place.join(replace(place.spawn, cwd="/usr"))
    with_key, with_key_ear = await place.join(replace(place.spawn, env={"KEY": "1"}))
    pids = {
        await ask(here, here_ear, b"pid"),
        await ask(there, there_ear, b"pid"),
        await ask(with_key, with_key_ear, b"pid"),
    }
    assert len(pids) == 3


async def test_a_spawn_that_is_not_shared_is_a_process_of_its_own(place: Place) -> None:
    alone = python("say(os.getpid()); sys.stdin.read()")
    (_, first), (_, second) = await place.join(alone), await place.join(alone)
    assert await first.hear(1) != await second.hear(1)


async def test_the_router_may_answer_itself_or_tell_everybody(place: Place) -> None:
    first, first_ear = await place.join()
    _, second_ear = await place.join()
    assert await ask(first, first_ear, b"straight back") == b"here"
    assert await ask(first, first_ear, b"?all") == b"all"
    assert await second_ear.hear(1) == [b"all"]


@pytest.mark.parametrize("odd", [b"?bug", b"?noise"])
async def test_what_the_router_cannot_read_costs_that_line_only(place: Place, odd: bytes) -> None:
    link, ear = await place.join()
    link.send(odd + b"\n")
    assert await ask(link, ear, b"after") == b"after"
    link.send(b"crash\n")
    exit = await ear.gone()
    assert exit.stderr is not None
    assert exit.stderr.head is not None
    assert odd.decode() in exit.stderr.head


async def test_what_is_nested_too_deeply_to_be_routed_reaches_its_session_less_what_is_deep(place: Place) -> None:
    link, ear = await place.join()
    assert await ask(link, ear, b"[" * 1000 + b"]" * 1000) == b"[" * DEEPEST + b'"%b"' % CUT.encode() + b"]" * DEEPEST


async def test_a_line_over_the_limit_is_told_to_all_for_nobody_knows_whose_it_was(place: Place) -> None:
    first, first_ear = await place.join()
    _, second_ear = await place.join()
    first.send(b"long\n")
    await first_ear.hear(1)
    await second_ear.hear(1)
    assert isinstance(first_ear.lines[0], LineTooLong)
    assert isinstance(second_ear.lines[0], LineTooLong)


async def test_who_leaves_takes_along_what_it_runs_and_nobody_elses(place: Place) -> None:
    first, first_ear = await place.join()
    second, second_ear = await place.join()
    mine, theirs = Watch(await ask(first, first_ear, b"run")), Watch(await ask(second, second_ear, b"run"))
    await close(first)
    assert first_ear.exit == Exited()
    assert mine.ended()
    assert theirs.alive
    assert await ask(second, second_ear, b"still here") == b"still here"
    await close(second)
    assert not theirs.alive
    mine.forget()
    theirs.forget()


async def test_what_the_server_does_not_find_any_more_is_found_by_the_number_of_its_session(place: Place) -> None:
    first, first_ear = await place.join()
    second, second_ear = await place.join()
    mine, theirs = Watch(await ask(first, first_ear, b"escape")), Watch(await ask(second, second_ear, b"escape"))
    await close(first)
    assert mine.ended()
    assert theirs.alive
    await close(second)
    assert theirs.ended()
    mine.forget()
    theirs.forget()


async def test_the_last_one_ends_the_server_and_the_next_one_gets_another(place: Place) -> None:
    first, first_ear = await place.join()
    second, second_ear = await place.join()
    server = Watch(await ask(first, first_ear, b"pid"))
    await close(first)
    assert server.alive
    await asyncio.gather(close(second), close(second))
    assert not server.alive
    third, third_ear = await place.join()
    assert int(await ask(third, third_ear, b"pid")) != server.pid
    assert second_ear.exit is not None
    server.forget()


async def test_when_all_leave_at_once_all_get_away(place: Place) -> None:
    joined = [await place.join() for _ in range(5)]
    server = Watch(await ask(*joined[0], b"pid"))
    await asyncio.gather(*(close(link) for link, _ in joined))
    assert all(ear.exit is not None for _, ear in joined)
    assert not server.alive
    server.forget()


async def test_a_server_that_dies_is_gone_for_all_and_the_next_one_starts_another(place: Place) -> None:
    _, first_ear = await place.join()
    second, second_ear = await place.join()
    pid = int(await ask(second, second_ear, b"pid"))
    os.kill(pid, signal.SIGKILL)
    assert (await first_ear.gone()).exit_code == -signal.SIGKILL
    assert (await second_ear.gone()).exit_code == -signal.SIGKILL
    third, third_ear = await place.join()
    assert int(await ask(third, third_ear, b"pid")) != pid


async def test_a_server_that_does_not_let_go_of_a_session_is_ended(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "LEAVE_LIMIT", 0.05)
    first, first_ear = await place.join()
    second, second_ear = await place.join()
    mine, server = Watch(await ask(first, first_ear, b"run")), Watch(await ask(first, first_ear, b"pid"))
    second.send(b"hang\n")
    await close(first)
    assert not mine.alive
    assert not server.alive
    assert (await second_ear.gone()).exit_code == -signal.SIGKILL
    mine.forget()
    server.forget()


async def test_a_server_that_cannot_be_started_fails_the_one_who_asked(place: Place) -> None:
    with pytest.raises(LinkFailed):
        await place.join(replace(place.spawn, argv=("/nowhere",)))


async def test_who_has_no_place_to_work_in_does_not_join(place: Place, tmp_path: Path) -> None:
    with pytest.raises(LinkFailed, match=f"the working directory {tmp_path}/gone does not exist"):
        await place.join(replace(place.spawn, directory=str(tmp_path / "gone")))


async def test_a_session_that_does_not_read_for_a_while_gets_everything_later(place: Place) -> None:
    slow, slow_ear = await place.join()
    other, other_ear = await place.join()
    slow.pause()
    slow.send(b"flood 8\n")
    assert await ask(other, other_ear, b"quick") == b"quick"
    assert not slow_ear.lines
    slow.resume()
    assert (await slow_ear.hear(9))[-1] == b"flooded"


async def test_a_session_with_too_much_to_read_stops_the_server_until_it_reads(place: Place) -> None:
    slow, slow_ear = await place.join()
    other, other_ear = await place.join()
    lines = HELD_LIMIT // 65536 * 4
    slow.pause()
    slow.send(b"flood %d\n" % lines)
    other.send(b"waits\n")
    for _ in range(200):
        await asyncio.sleep(0)
    assert not other_ear.lines
    slow.resume()
    assert len(await slow_ear.hear(lines + 1)) == lines + 1
    assert await other_ear.hear(1) == [b"waits"]


async def test_a_session_that_never_reads_loses_its_link_and_the_others_go_on(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "SLOW_LIMIT", 0.05)
    slow, slow_ear = await place.join()
    other, other_ear = await place.join()
    slow.pause()
    slow.send(b"flood %d\n" % (HELD_LIMIT // 65536 * 2))
    assert "did not read" in ((await slow_ear.gone()).error or "")
    assert await ask(other, other_ear, b"goes on") == b"goes on"


async def test_a_session_that_leaves_while_it_is_behind_gets_the_rest_first(place: Place) -> None:
    slow, slow_ear = await place.join()
    other, other_ear = await place.join()
    slow.pause()
    slow.send(b"flood %d\n" % (HELD_LIMIT // 65536 * 2))
    await ask(other, other_ear, b"straight back")
    await close(slow)
    assert slow_ear.exit == Exited()
    assert b"flooded" in slow_ear.lines


async def test_it_is_told_how_a_server_is(place: Place) -> None:
    name = place.spawn.argv[0]
    assert place.servers.status([name]).status == "stopped"
    first, _ = await place.join()
    second, _ = await place.join()
    running = place.servers.status([name, "another"])
    assert (running.status, running.restart_count, running.base_url) == ("running", 0, None)
    assert running.uptime_ms is not None
    await close(first, 0)
    assert place.servers.status([name]).status == "running"
    await close(second, 0)
    assert place.servers.status([name]).status == "stopped"
    third, ear = await place.join()
    os.kill(int(await ask(third, ear, b"pid")), signal.SIGKILL)
    await ear.gone()
    crashed = place.servers.status([name])
    assert (crashed.status, crashed.restart_count, crashed.last_error) == ("error", 0, "signal 9 ended it")
    await place.join()
    again = place.servers.status([name])
    assert (again.status, again.restart_count, again.last_error) == ("running", 1, None)
