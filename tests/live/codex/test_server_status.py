"""What the list of agents tells of a shared server, through its whole life."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.live.daemon import PATIENCE, Talk, kill

from sandbox_agent.testing import say

from .conftest import CodexDesk

pytestmark = pytest.mark.anyio


async def status(talk: Talk) -> dict[str, Any]:
    agents = (await talk._http.get("/v1/agents")).json()["agents"]
    (found,) = [agent["serverStatus"] for agent in agents if agent["id"] == "codex"]
    assert isinstance(found, dict)
    return found


async def until(talk: Talk, wanted: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        while (now := await status(talk))["status"] != wanted:
            continue
    return now


async def test_a_server_runs_dies_and_runs_again(desk: CodexDesk) -> None:
    async with desk.talk([[say("one")], [say("two")]]) as talk:
        before = await status(talk)
        assert (await talk.turn("hello")).reason == "completed", talk.story()
        running = await until(talk, "running")
        assert running["restartCount"] == before["restartCount"]
        assert running["uptimeMs"] >= 0
        (agent,) = desk.agents()
        kill(agent)
        died = await until(talk, "error")
        assert died["lastError"] == "signal 9 ended it"
        assert (await talk.turn("again")).reason == "completed", talk.story()
        again = await until(talk, "running")
        assert again["restartCount"] == before["restartCount"] + 1
        assert "lastError" not in again
