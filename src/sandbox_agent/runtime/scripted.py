"""An agent inside the daemon: the peer is asked for its next line at a steady pace."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from sandbox_agent.adapter import Exited, Peer, PeerExit, Spawn
from sandbox_agent.runtime.bugs import print_bug
from sandbox_agent.runtime.link import LinkFailed, Sink
from sandbox_agent.runtime.settings import Settings

__all__ = ["ScriptedLink", "open_scripted"]


def open_scripted(spawn: Spawn, sink: Sink, settings: Settings) -> ScriptedLink:
    """Make the peer of `spawn` and connect it. Raises `LinkFailed` when there is none."""
    if spawn.peer is None:
        raise LinkFailed("a scripted link needs a peer")
    try:
        peer = spawn.peer()
    except Exception as error:
        raise LinkFailed(f"the scripted agent could not be made: {error}") from error
    return ScriptedLink(peer, sink, settings.mock_pace)


class ScriptedLink:
    """See `Link`."""

    def __init__(self, peer: Peer, sink: Sink, pace: float) -> None:
        self._peer = peer
        self._sink = sink
        self._pace = pace
        self._asked = asyncio.Event()
        self._reading = asyncio.Event()
        self._reading.set()
        self._closed = False
        self._life = asyncio.get_running_loop().create_task(self._live(), name="scripted agent")
        self._life.add_done_callback(lambda _: self._end(Exited(exit_code=0)))

    def send(self, data: bytes) -> None:
        """See `Link`."""
        if self._closed or self._life.done():
            return
        try:
            self._peer.send(data)
        except PeerExit as left:
            self._end(left.exit)
        except Exception as error:  # noqa: BLE001 - a peer that breaks is an agent that crashed
            self._fail(error)
        else:
            self._asked.set()

    def pause(self) -> None:
        """See `Link`."""
        self._reading.clear()

    def resume(self) -> None:
        """See `Link`."""
        self._reading.set()

    def noise(self, line: bytes) -> None:
        """See `Link`. A peer has no stderr; its lines are never shown."""

    async def close(self, *, grace: float = 2.0) -> None:
        """See `Link`."""
        del grace
        self._end(Exited(exit_code=0))
        await asyncio.wait({self._life})

    async def end_marked(self, marks: Collection[str]) -> None:
        """See `Link`. A peer starts nothing."""

    async def _live(self) -> None:
        try:
            while True:
                await self._asked.wait()
                self._asked.clear()
                await self._speak()
        except PeerExit as left:
            self._end(left.exit)
        except Exception as error:  # noqa: BLE001 - see `send`
            self._fail(error)

    async def _speak(self) -> None:
        while True:
            await asyncio.sleep(self._pace)
            await self._reading.wait()
            line = self._peer.next()
            if line is None:
                return
            if text := line.rstrip(b"\r\n"):
                self._sink.received([text])

    def _fail(self, error: Exception) -> None:
        print_bug(error)
        self._end(Exited(exit_code=1, error=f"{type(error).__name__} in the scripted agent: {error}"))

    def _end(self, exit: Exited) -> None:
        if self._closed:
            return
        self._closed = True
        self._life.cancel()
        self._sink.exited(exit)
