"""One agent server for several sessions: each has a link of its own, a router says which line is for whom.

Sessions whose `Spawn`s are alike (argv, environment, folder, kind of link) join one server, whatever kind of link
reaches it. A session that leaves takes along what it still runs on the server; the last one ends the server and all
it started. A server that does not let go of a session in time is ended: nothing of a terminated session may live on.
The other sessions then see their agent exit, and resume with their next message.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import TypeAlias

import msgspec

from sandbox_agent.adapter import Deliver, Exited, Router, Spawn, Write
from sandbox_agent.adapter.frames import LineTooLong
from sandbox_agent.adapter.mending import SHORT, flattened, mended
from sandbox_agent.runtime.bugs import print_bug
from sandbox_agent.runtime.link import Addressed, Link, LinkFailed, Sink
from sandbox_agent.runtime.links import open_link
from sandbox_agent.runtime.process import no_directory
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.runtime.tally import Life, Tally, server_status
from sandbox_agent.schema.api import ServerStatus

__all__ = ["HELD_LIMIT", "LEAVE_LIMIT", "SLOW_LIMIT", "SharedServers"]

HELD_LIMIT = 4 * 1024 * 1024
"""Bytes that may wait for one session that does not read; beyond it nobody's are read."""
SLOW_LIMIT = 30.0
"""Seconds for which one session may keep the others waiting like that; then it loses its link."""
LEAVE_LIMIT = 5.0
"""Seconds a server has to end what a leaving session still runs; then the server itself is ended."""

Line: TypeAlias = bytes | LineTooLong
_Key: TypeAlias = tuple[tuple[str, ...], tuple[tuple[str, str], ...], str, str]


class SharedServers:
    """The servers of one daemon. Sessions get their links here; nothing else knows which of them share."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._servers: dict[_Key, _Server] = {}
        self._tallies: defaultdict[str, Tally] = defaultdict(Tally)

    def status(self, executables: Iterable[str]) -> ServerStatus:
        """How the servers are that these executables were started for."""
        known = [self._tallies[name] for name in executables if name in self._tallies]
        return server_status(known, asyncio.get_running_loop().time())

    async def open_link(self, spawn: Spawn, sink: Sink) -> Link:
        """Join the server of `spawn`, started when there is none, or start an agent of the session's own.

        Raises `LinkFailed`.
        """
        if spawn.shared is None:
            return await open_link(spawn, sink, self._settings)
        _need_directory(spawn)
        key = (spawn.argv, tuple(sorted(spawn.env.items())), spawn.cwd, spawn.link)
        server = self._servers.get(key)
        if server is None or server.ending:
            server = await self._start(spawn, spawn.shared())
            self._servers[key] = server
            server.on_end = lambda: self._forget(key, server)
        return server.join(sink)

    async def _start(self, spawn: Spawn, router: Router) -> _Server:
        tally = self._tallies[spawn.argv[0]]
        server = _Server(router)
        try:
            server.link = await open_link(spawn, server, self._settings)
        except LinkFailed as error:
            tally.failed(str(error))
            raise
        life = Life(asyncio.get_running_loop().time(), lambda: _url(server.link))
        tally.begin(life)
        server.on_exit = partial(tally.end, life)
        return server

    def _forget(self, key: _Key, server: _Server) -> None:
        if self._servers.get(key) is server:
            del self._servers[key]


def _need_directory(spawn: Spawn) -> None:
    """A server asked to work in a folder that is not there may remember the failure when it is."""
    if spawn.directory and not os.path.isdir(spawn.directory):  # noqa: PTH112 - as everywhere at a start
        raise LinkFailed(no_directory(spawn.directory))


class _Server:
    """The inner link's `Sink`, and what its members have in common."""

    link: Link
    on_end: Callable[[], None]
    on_exit: Callable[..., None]

    def __init__(self, router: Router) -> None:
        self._router = router
        self._members: dict[int, _Member] = {}
        self._joined = 0
        self.ending = False
        """Whether it is too late to join."""

    def join(self, sink: Sink) -> _Member:
        """A link for one more session."""
        self._joined += 1
        member = self._members[self._joined] = _Member(self, self._joined, sink)
        return member

    def received(self, lines: list[Line]) -> None:
        """See `Sink`."""
        parcels: dict[int, list[Line]] = {}
        for line in lines:
            if isinstance(line, LineTooLong):
                # It cannot be read, so nobody knows whose it was.
                for number in self._members:
                    parcels.setdefault(number, []).append(line)
                continue
            for routed in self._route(self._router.said, flattened(line) if len(line) > SHORT else line):
                if isinstance(routed, Deliver):
                    parcels.setdefault(routed.member, []).append(routed.line)
                else:
                    self.link.send(routed.data)
        for number, parcel in parcels.items():
            if number in self._members:
                self._members[number].take(parcel)
        for number, member in list(self._members.items()):
            if member.leaving and self._router.left(number):
                member.cleared.set()

    def exited(self, exit: Exited) -> None:
        """See `Sink`."""
        self.on_exit(exit, wanted=self.ending)
        self.ending = True
        self.on_end()
        for member in list(self._members.values()):
            member.end(exit)

    def write(self, member: int, data: bytes) -> None:
        """What a session writes."""
        self._do(self._route(partial(self._router.wrote, member), data))

    def leave(self, member: int) -> None:
        """Tell the server to end what a session has there."""
        self._do(self._route(lambda _: self._router.leave(member), b"leave"))
        if self._router.left(member):
            self._members[member].cleared.set()

    async def end_marked(self, member: int) -> None:
        """Kill what a session that has left put into the background."""
        marks = self._router.marks(member)
        if marks:
            await self.link.end_marked(marks)

    def forget(self, member: int) -> None:
        """A session has left."""
        self._members.pop(member, None)
        self.press()

    @property
    def deserted(self) -> bool:
        """Whether everybody has left or is about to."""
        return all(member.leaving for member in self._members.values())

    def press(self) -> None:
        """Read on only while no session has too much to read."""
        if any(member.held > HELD_LIMIT for member in self._members.values()):
            self.link.pause()
        else:
            self.link.resume()

    async def end(self, grace: float) -> None:
        """End the server and everything it started."""
        self.ending = True
        self.on_end()
        await self.link.close(grace=grace)

    def _do(self, routed: Iterable[Write | Deliver]) -> None:
        for each in routed:
            if isinstance(each, Write):
                self.link.send(each.data)
            elif each.member in self._members:
                self._members[each.member].take([each.line])

    def _route(self, ask: Callable[[bytes], Iterable[Write | Deliver]], line: bytes) -> list[Write | Deliver]:
        """Ask the router; what it cannot read is noise, and a bug in it costs that line."""
        try:
            try:
                return list(ask(line))
            except (msgspec.DecodeError, UnicodeDecodeError):
                return list(ask(mended(line)))
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
        except Exception as error:  # noqa: BLE001 - all sessions of the server would suffer
            print_bug(error)
        self.link.noise(line)
        return []


class _Member:
    """One session's `Link` to the server."""

    def __init__(self, server: _Server, number: int, sink: Sink) -> None:
        self._server = server
        self._number = number
        self._sink = sink
        self._held: deque[list[Line]] = deque()
        self._paused = False
        self._limit: asyncio.TimerHandle | None = None
        self._over = asyncio.Event()
        self.held = 0
        """Bytes that wait for the session."""
        self.leaving = False
        self.cleared = asyncio.Event()
        """Nothing of the session runs on the server any more."""

    def send(self, data: bytes) -> None:
        """See `Link`."""
        if not self.leaving and not self._over.is_set():
            self._server.write(self._number, data)

    def noise(self, line: bytes) -> None:
        """See `Link`."""
        self._server.link.noise(line)

    def pause(self) -> None:
        """See `Link`. The others are read on, as long as what waits for this one is not too much."""
        self._paused = not self.leaving

    def resume(self) -> None:
        """See `Link`."""
        self._paused = False
        while self._held and not self._paused:
            lines = self._held.popleft()
            self.held -= _size(lines)
            self._sink.received(lines)
        if self._limit is not None and self.held <= HELD_LIMIT:
            self._limit.cancel()
            self._limit = None
            self._server.press()

    async def close(self, *, grace: float = 2.0) -> None:
        """See `Link`. Ends what the session has on the server, or with the last session the server."""
        if not self.leaving and not self._over.is_set():
            self.leaving = True
            # The session may be waiting for us in its task, and the server's answer is needed now.
            self.resume()
            if not self._server.deserted:
                self._server.leave(self._number)
        if self._over.is_set():
            return
        if self._server.deserted:
            await self._server.end(grace)
        else:
            await self._cleared()
            if not self.cleared.is_set() or self._server.deserted:
                await self._server.end(grace if self.cleared.is_set() else 0)
            else:
                await self._server.end_marked(self._number)
        self._end_alone()

    def take(self, lines: list[Line]) -> None:
        """Give the session what is for it."""
        if not self._paused:
            self._sink.received(lines)
            return
        self._held.append(lines)
        self.held += _size(lines)
        if self.held > HELD_LIMIT and self._limit is None:
            self._limit = asyncio.get_running_loop().call_later(SLOW_LIMIT, self._too_slow)
            self._server.press()

    def end(self, exit: Exited) -> None:
        """The session's agent is gone, as far as the session can tell."""
        if self._over.is_set():
            return
        self._over.set()
        self.cleared.set()
        self.leaving = True  # nothing may be held back now
        self.resume()
        if self._limit is not None:
            self._limit.cancel()
        self._sink.exited(exit)

    async def end_marked(self, marks: Collection[str]) -> None:
        """See `Link`. A member has none of its own."""

    async def _cleared(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_LIMIT):
                await self.cleared.wait()

    def _end_alone(self) -> None:
        self._server.forget(self._number)
        self.end(Exited())

    def _too_slow(self) -> None:
        self._limit = None
        self._server.leave(self._number)
        self._server.forget(self._number)
        self.end(Exited(error="the session did not read what its agent said, and kept others waiting"))


def _url(link: Link) -> str | None:
    return link.url if isinstance(link, Addressed) else None


def _size(lines: list[Line]) -> int:
    return sum(len(line) for line in lines if isinstance(line, bytes))
