"""Where sandboxes come from. Here each is a background process of this machine; your provider's SDK goes here."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["LocalSandboxes", "Sandbox"]


@dataclass(frozen=True)
class Sandbox:
    """One sandbox, with the one daemon that serves it."""

    name: str
    token: str
    """Random, for this daemon alone."""


class LocalSandboxes:
    """Starts and ends them. Whatever is started here outlives us, as a sandbox of a provider does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def address(self, sandbox: Sandbox) -> str:
        """Where its daemon answers; a provider gives a URL."""
        return f"unix:{self._folder / sandbox.name}/agent.sock"

    async def start(self, sandbox: Sandbox) -> None:
        """Make sure that it runs and its daemon is healthy. To start it twice, also at once, is to start it once."""
        await self._daemon(sandbox, "start", "--mock-pace", os.environ.get("FLEET_MOCK_PACE", "0.02"))

    async def stop(self, sandbox: Sandbox) -> None:
        """End it. Its sessions end with it; their events stay in the database."""
        await self._daemon(sandbox, "stop")

    async def _daemon(self, sandbox: Sandbox, *arguments: str) -> None:
        home = self._folder / sandbox.name
        home.mkdir(parents=True, exist_ok=True)
        # Of our own environment only what is named: agents must see neither the database nor another sandbox's token.
        given = os.environ.get("FLEET_AGENT_VARIABLES", "").split()
        environ = {
            **{name: os.environ[name] for name in given},
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "SANDBOX_AGENT_DATA_DIR": str(home / "data"),
            "SANDBOX_AGENT_TOKEN": sandbox.token,
        }
        argv = ["sandbox-agent", "daemon", *arguments, "--socket", str(home / "agent.sock")]
        process = await asyncio.create_subprocess_exec(
            *argv, env=environ, cwd=home, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        _, said = await process.communicate()
        if process.returncode:
            raise OSError(f"sandbox {sandbox.name}: {said.decode(errors='replace').strip()}")
