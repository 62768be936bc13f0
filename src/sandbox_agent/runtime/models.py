"""Asks an agent's CLI which models it offers, without a session."""

from __future__ import annotations

import asyncio
import os
import tempfile

import msgspec

from sandbox_agent.adapter import Agent, Exited, ModelProbe, SessionOptions
from sandbox_agent.adapter.frames import LineTooLong
from sandbox_agent.runtime.bugs import print_bug
from sandbox_agent.runtime.credentials import injected
from sandbox_agent.runtime.link import LinkFailed
from sandbox_agent.runtime.links import open_link
from sandbox_agent.runtime.private import place_files
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema.api import ModelList

__all__ = ["ask_models"]

LIMIT = 10.0
"""Seconds a CLI has to answer."""


class _Ear:
    """Waits for the one message that holds the list."""

    def __init__(self, agent: Agent, probe: ModelProbe) -> None:
        self._decode = agent.decode
        self._read = probe.read
        self.answer: asyncio.Future[ModelList | None] = asyncio.get_running_loop().create_future()

    def received(self, lines: list[bytes | LineTooLong]) -> None:
        for line in lines:
            if self.answer.done():
                return
            if isinstance(line, bytes):
                self._hear(line)

    def exited(self, exit: Exited) -> None:  # noqa: ARG002 - why it ended is no matter
        if not self.answer.done():
            self.answer.set_result(None)

    def _hear(self, line: bytes) -> None:
        try:
            models = self._read(self._decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        except Exception as error:  # noqa: BLE001 - a bug in an adapter costs the list, not the daemon
            print_bug(error)
            return
        if models is not None:
            self.answer.set_result(models)


async def ask_models(agent: Agent, probe: ModelProbe, executable: str, settings: Settings) -> ModelList | None:
    """The models the CLI offers; None when it does not say so in time.

    The CLI runs in an empty folder, so that no project's hooks and settings have a say.
    """
    ear = _Ear(agent, probe)
    with tempfile.TemporaryDirectory(prefix="sandbox-agent-", ignore_cleanup_errors=True) as folder:
        options = SessionOptions(
            session_id="models",
            directory=folder,
            executable=executable,
            environ={**settings.environ, **await asyncio.to_thread(injected, agent, settings.environ)},
            superuser=os.geteuid() == 0,
            private_dir=f"{folder}/.private",
        )
        spawn = probe.spawn(options)
        try:
            await asyncio.to_thread(place_files, spawn)
            link = await open_link(spawn, ear, settings)
        except (LinkFailed, OSError):
            return None
        try:
            async with asyncio.timeout(LIMIT):
                link.send(probe.ask)
                return await ear.answer
        except TimeoutError:
            return None
        finally:
            await link.close(grace=settings.close_grace)
