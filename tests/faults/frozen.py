"""A TCP proxy that can freeze: connections stay open and nothing passes, as when the other machine is gone."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self

from .house import eventually


class FreezingProxy:
    """Runs in the loop of the test. What is frozen stays so; new connections are alive."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._tasks: set[asyncio.Task[None]] = set()
        self._frozen = asyncio.Event()
        self.url = ""
        self.connections = 0
        """Ever made."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def freeze(self) -> None:
        """Every connection there is."""
        self._frozen.set()
        self._frozen = asyncio.Event()

    async def connected(self, count: int) -> None:
        """Wait for so many connections since the beginning."""
        await eventually(lambda: self.connections >= count, lambda: f"{self.connections} connections")

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.ensure_future(self._relay(reader, writer, self._frozen))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, frozen: asyncio.Event) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        pumps = [asyncio.ensure_future(_pump(reader, back)), asyncio.ensure_future(_pump(there, writer))]
        freeze = asyncio.ensure_future(frozen.wait())
        try:
            await asyncio.wait([*pumps, freeze], return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
            if frozen.is_set():
                await asyncio.Event().wait()  # open, and silent, to the end
        finally:
            for task in (*pumps, freeze):
                task.cancel()
            for end in (writer, back):
                end.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
