"""OpenCode's server behind a proxy that can be cut: `python cutter.py OPENCODE serve ...`.

SIGUSR1 breaks every connection and refuses new ones until SIGUSR2. Standard library only.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable

READY = "opencode server listening on "


class Proxy:
    def __init__(self, port: int) -> None:
        self._port = port
        self._cut = False
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        self._cut = True
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        self._cut = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        there, forth = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, forth}
        await asyncio.gather(_copy(reader, forth), _copy(there, writer), return_exceptions=True)
        self._writers -= {writer, forth}


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


async def main(argv: list[str]) -> int:
    loop = asyncio.get_running_loop()
    server = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    assert server.stdout is not None
    while READY not in (line := (await server.stdout.readline()).decode()):
        pass
    proxy = Proxy(int(line.rsplit(":", 1)[1]))
    actions: dict[signal.Signals, Callable[[], None]] = {signal.SIGUSR1: proxy.cut, signal.SIGUSR2: proxy.mend}
    for number, action in actions.items():
        loop.add_signal_handler(number, action)
    listening = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    sys.stdout.write(f"{READY}http://127.0.0.1:{listening.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    return await server.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
