"""The session's side of its agent process: opens it, writes to it, hears it, closes it.

A session has one process after the other. Each has a generation, so that a late word of an old one is not mistaken for
the new one's.
"""

from __future__ import annotations

import asyncio
from collections import deque

from sandbox_agent.adapter import Exited, HelperReply, Spawn, Stop, Write
from sandbox_agent.adapter.frames import LineTooLong
from sandbox_agent.runtime.helpers import HelperDesk, open_desk
from sandbox_agent.runtime.inbox import Gone, Inbox, Lines
from sandbox_agent.runtime.link import Link, LinkFailed
from sandbox_agent.runtime.private import place_files, remove_folder
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.runtime.shared import SharedServers

__all__ = ["Channel", "Effect"]

Effect = Spawn | Write | HelperReply | Stop


class Channel:
    """Effects go in, lines and exits come out into the inbox. Used by the session's task only."""

    def __init__(self, inbox: Inbox, settings: Settings, servers: SharedServers, private_dir: str = "") -> None:
        self._inbox = inbox
        self._settings = settings
        self._servers = servers
        self._private_dir = private_dir
        self._effects: deque[Effect] = deque()
        self._link: Link | None = None
        self._desk: HelperDesk | None = None
        self._generation = 0
        self._paused = False
        self._is_program = False

    @property
    def open(self) -> bool:
        """Whether there is a process."""
        return self._link is not None

    @property
    def is_program(self) -> bool:
        """Whether the agent is a program, which may change files."""
        return self._is_program

    @property
    def spawning(self) -> bool:
        """Whether a process is about to be started."""
        return any(isinstance(effect, Spawn) for effect in self._effects)

    def is_current(self, entry: Lines | Gone) -> bool:
        """Whether an entry is from the process that runs now, or ran last."""
        return entry.generation == self._generation

    def add(self, effect: Effect) -> None:
        """To be done by `settle`, in order."""
        self._effects.append(effect)

    def gone(self) -> None:
        """The process is gone; what was to be written to it is void."""
        self._link = None
        self._close_desk()
        self._effects.clear()

    def noise(self, line: bytes) -> None:
        """A line that is no message: keep it with the stderr lines."""
        if self._link is not None:
            self._link.noise(line)

    async def settle(self) -> None:
        """Do all effects, and read on if the inbox has room again."""
        while self._effects:
            match self._effects.popleft():
                case Spawn() as spawn:
                    await self._spawn(spawn)
                case Write(data=data):
                    if self._link is not None:
                        self._link.send(data)
                case HelperReply() as reply:
                    if self._desk is not None:
                        self._desk.reply(reply)
                case Stop():
                    await self.close(self._settings.close_grace)
        if self._paused and self._inbox.low and self._link is not None:
            self._paused = False
            self._link.resume()

    async def close(self, grace: float) -> None:
        """End the process and all it started; its exit comes through the inbox."""
        if self._link is not None:
            await self._link.close(grace=grace)

    async def abandon(self, grace: float) -> None:
        """End the process for good, hear no more of it, and remove what was written for it."""
        self._generation += 1
        await self.close(grace)
        self.gone()
        if self._private_dir:
            await asyncio.to_thread(remove_folder, self._private_dir)

    def hear(self, entry: Lines | Gone) -> None:
        """Called by the ear on the link."""
        self._inbox.put(entry)
        if self._inbox.full and not self._paused and self._link is not None and self.is_current(entry):
            self._paused = True
            self._link.pause()

    async def _spawn(self, spawn: Spawn) -> None:
        await self.close(self._settings.close_grace)
        self._link = None
        self._generation += 1
        self._paused = False
        self._is_program = spawn.link != "scripted"
        self._close_desk()
        try:
            if spawn.files or spawn.links:
                await asyncio.to_thread(place_files, spawn)
            ear = _Ear(self, self._generation)
            if spawn.helper is not None:
                self._desk = await open_desk(spawn.helper, lambda line: ear.received([line]))
            self._link = await self._servers.open_link(spawn, ear)
        except OSError as error:
            reason = f"the agent's configuration cannot be written: {error.strerror or error}"
            self._inbox.put(Gone(self._generation, Exited(error=reason)))
        except LinkFailed as error:
            self._inbox.put(Gone(self._generation, Exited(error=str(error))))

    def _close_desk(self) -> None:
        if self._desk is not None:
            self._desk.close()
            self._desk = None


class _Ear:
    """One link's `Sink`."""

    def __init__(self, channel: Channel, generation: int) -> None:
        self._channel = channel
        self._generation = generation

    def received(self, lines: list[bytes | LineTooLong]) -> None:
        size = sum(len(line) for line in lines if isinstance(line, bytes))
        self._channel.hear(Lines(self._generation, lines, size))

    def exited(self, exit: Exited) -> None:
        self._channel.hear(Gone(self._generation, exit))
