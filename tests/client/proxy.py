"""A TCP proxy on loopback that cuts event streams after a random number of bytes."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self


class CuttingProxy:
    """Runs in a thread of its own, so that blocking clients can be tested too."""

    def __init__(self, port: int, *, seed: int | None = None, longest: int = 3000) -> None:
        self.target = port
        """Where connections go to; may be changed while it runs."""
        self._chance = random.Random(seed) if seed is not None else None  # noqa: S311 - cuts are no secret
        self._longest = longest
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._ready = threading.Event()
        self.url = ""
        self.streams = 0
        """Event streams that were asked for."""
        self.connections = 0
        """Connections of any kind that are open now."""
        self.open = 0
        """Streams that are open now."""

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        assert not self._thread.is_alive()

    def wait_until_all_closed(self) -> bool:
        """Whether all streams are closed, within 30 s."""
        with self._changed:
            return self._changed.wait_for(lambda: self.open == 0, timeout=30)

    def wait_until_nobody_is_connected(self) -> bool:
        """Whether all connections are closed, within 30 s."""
        with self._changed:
            return self._changed.wait_for(lambda: self.connections == 0, timeout=30)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        server.close()
        if self._tasks:  # they stop by themselves; cancelled in the midst of it they would leave sockets open
            await asyncio.wait(self._tasks)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._relay(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._left)
        self._connect(1)

    def _left(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._connect(-1)

    def _connect(self, change: int) -> None:
        with self._changed:
            self.connections += change
            self._changed.notify_all()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        relay = _Relay(self._budget)
        pumps = [
            asyncio.ensure_future(relay.up(reader, up_writer)),
            asyncio.ensure_future(relay.down(up_reader, writer)),
        ]
        stop = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait([*pumps, stop], return_when=asyncio.FIRST_COMPLETED)
        for each in (writer, up_writer):
            each.transport.abort()  # which ends the other pump
        stop.cancel()
        await asyncio.wait([*pumps, stop])
        if relay.streams:
            self._count(-1)

    def _budget(self) -> int | None:
        """A stream was asked for: how many bytes it may have."""
        self._count(1)
        return self._chance.randint(1, self._longest) if self._chance else None

    def _count(self, change: int) -> None:
        with self._changed:
            self.open += change
            self.streams += max(change, 0)
            self._changed.notify_all()


class _Relay:
    """One connection; it becomes a stream with the request for one."""

    def __init__(self, asked: Callable[[], int | None]) -> None:
        self._asked = asked
        self._budget: int | None = None
        self.streams = False

    async def up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(65536):
                if b"/events/sse" in chunk.split(b"\r\n", 1)[0]:
                    self.streams = True
                    self._budget = self._asked()
                writer.write(chunk)
                await writer.drain()

    async def down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(65536):
                if self._budget is not None:
                    chunk = chunk[: self._budget]
                    self._budget -= len(chunk)
                writer.write(chunk)
                await writer.drain()
                if self._budget == 0:
                    return
