"""An agent that is a program of its own and speaks in lines on its standard streams."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from sandbox_agent.adapter import Exited, Log, Spawn
from sandbox_agent.adapter.frames import LineSplitter
from sandbox_agent.runtime import process
from sandbox_agent.runtime.link import Sink
from sandbox_agent.runtime.pipes import Reader, Writer
from sandbox_agent.runtime.process import Process
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.runtime.stderr import StderrRing

__all__ = ["StdioLink", "open_stdio"]

KILL_LIMIT = 1.0
"""Seconds that a program may take to end after KILL, beside the sweep of what it left."""


def open_stdio(spawn: Spawn, sink: Sink, settings: Settings) -> StdioLink:
    """Start the program of `spawn`, which then speaks to `sink`. Raises `LinkFailed`. Does not wait."""
    return StdioLink(process.start(spawn, settings.environ), sink, spawn.log)


class StdioLink:
    """See `Link`."""

    def __init__(self, program: Process, sink: Sink, log: Log | None = None) -> None:
        self._process = program
        self._sink = sink
        self._splitter = LineSplitter()
        self._stderr = StderrRing(log, lambda line: sink.received([line]))
        self._writer = Writer(program.stdin)
        self._reader = Reader(program.stdout, self._take)
        self._stderr_reader = Reader(program.stderr, self._stderr.feed)
        self._life = asyncio.get_running_loop().create_task(self._live(), name=f"agent {program.pid}")
        self._life.add_done_callback(self._end)
        self._over = asyncio.Event()

    @property
    def pid(self) -> int:
        """Process id of the agent."""
        return self._process.pid

    def send(self, data: bytes) -> None:
        """See `Link`."""
        self._writer.send(data)

    def pause(self) -> None:
        """See `Link`."""
        self._reader.pause()

    def resume(self) -> None:
        """See `Link`."""
        if not self._process.gone.done():
            self._reader.resume()

    def noise(self, line: bytes) -> None:
        """See `Link`."""
        self._stderr.note(line)

    async def close(self, *, grace: float = 2.0) -> None:
        """See `Link`. Takes at most `grace` and a few seconds more."""
        if grace > 0 and not self._life.done() and not self._process.gone.done():
            await self._process.remember()
            self._writer.close()  # not earlier: it may end the agent
            self._process.terminate()
            await asyncio.wait({self._life}, timeout=grace)
        if not self._life.done() and not self._process.gone.done():
            await self._process.kill()
            await asyncio.wait({self._process.gone}, timeout=KILL_LIMIT)
        if not self._process.gone.done():
            self._life.cancel()
        await self._over.wait()

    async def end_marked(self, marks: Collection[str]) -> None:
        """See `Link`."""
        if not await self._process.end_marked(marks):
            self._stderr.note(b"some processes of a session could not be killed")

    async def _live(self) -> None:
        await asyncio.wait({self._process.gone})
        self._stderr_reader.finish()
        self._reader.finish()
        if lines := self._splitter.flush():
            self._sink.received(lines)
        if not await self._process.sweep():
            self._stderr.note(b"some processes that the agent started could not be killed")

    def _end(self, _life: asyncio.Task[None]) -> None:
        """Runs however the task ends, also when it was cancelled before its first step."""
        for each in (self._writer, self._reader, self._stderr_reader):
            each.close()
        exit_code = self._process.release()
        error = "the agent could not be killed" if exit_code is None else None
        self._over.set()
        self._sink.exited(Exited(exit_code=exit_code, stderr=self._stderr.tail(), error=error))

    def _take(self, chunk: bytes) -> None:
        if lines := self._splitter.feed(chunk):
            self._sink.received(lines)
