"""Conversations with OpenCode."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import psutil
from tests.live.daemon import PATIENCE, Desk, Talk

KEEPER = "keeper"


class OpenDesk(Desk):
    """Sessions of OpenCode, which do not ask unless a test wants them to."""

    @contextlib.asynccontextmanager
    async def talk(self, script: Any = None, **body: Any) -> AsyncGenerator[Talk]:
        """See `Desk`."""
        wanted = {"agent": "opencode", "permissionMode": "bypass", **body}
        async with super().talk(script, **wanted) as talk:
            yield talk

    async def keep(self, mode: str = "bypass") -> None:
        """Let a server of that permission mode stay up after the last session of a test has left it."""
        async with httpx.AsyncClient(base_url=self.daemon.url, timeout=PATIENCE, trust_env=False) as http:
            path = f"/v1/sessions/{KEEPER}-{mode}"
            if (await http.get(path)).status_code == httpx.codes.OK:
                return
            body = {"agent": "opencode", "permissionMode": mode, "agentVersion": self.version}
            (await http.post(path, json=body)).raise_for_status()
            (await http.post(f"{path}/messages", json={"message": "stay"})).raise_for_status()

    def agents(self) -> list[psutil.Process]:
        """See `Desk`."""
        return [each for each in self.processes() if _is_server(each)]


def _is_server(process: psutil.Process) -> bool:
    try:
        return "serve" in process.cmdline()[1:2]
    except psutil.Error:
        return False
