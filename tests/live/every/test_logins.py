"""An MCP server that wants a login: the session says so and goes on, and after a login its tools are there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.live.daemon import PATIENCE, LiveDaemon
from tests.live.locked_server import CLIENT, SCOPE

from sandbox_agent import InvalidRequest, StatusPart, ToolResultPart, TurnResult
from sandbox_agent.testing import call, say

from .conftest import Stage
from .logins import Locked, locked, log_in

pytestmark = pytest.mark.anyio

LOGGING_IN = ("claude", "codex", "opencode")
CONFIDENTIAL = ("codex", "opencode")
"""Agents to which a session may give the secret of a client."""


async def one_turn(stage: Stage, server: Locked, name: str) -> TurnResult:
    script = [[call(stage.kind.tool.format(name, "look"), {"what": "there"})], say("done")]
    session = await stage.session(script, mcp={name: server.config}, permission_mode="bypass")
    async with asyncio.timeout(PATIENCE):
        result = await session.send("look").wait()
    await session.terminate()
    return result


def labels(result: TurnResult) -> dict[str, str]:
    parts = [part for item in result.items for part in item.content if isinstance(part, StatusPart)]
    return {part.label: part.detail or "" for part in parts if part.label.startswith("mcp.")}


@pytest.mark.parametrize("stage", LOGGING_IN, indirect=True)
async def test_the_client_that_a_session_names_is_asked_to_log_in_and_then_let_in(
    stage: Stage, daemon_of_all: LiveDaemon, everything: Path, agent: str
) -> None:
    with locked(secret=agent in CONFIDENTIAL) as server:
        name = f"far{agent}"
        before = await one_turn(stage, server, name)
        assert before.reason == "completed"
        assert list(labels(before)) == ["mcp.needs-auth"], labels(before)
        assert name in labels(before)["mcp.needs-auth"]
        await asyncio.to_thread(log_in, agent, daemon_of_all.home, everything, server, name)
        assert server.said() == {"asked": CLIENT, "scopes": [SCOPE]}
        assert server.said() == {"given": CLIENT}
        after = await one_turn(stage, server, name)
        assert labels(after) == {}
        results = [part for item in after.items for part in item.content if isinstance(part, ToolResultPart)]
        assert "there" in str(results[-1].output)


@pytest.mark.parametrize("stage", ["amp"], indirect=True)
async def test_an_agent_that_wants_more_of_a_client_than_a_session_can_say_refuses(stage: Stage) -> None:
    server = {"type": "remote", "url": "http://127.0.0.1:9", "oauth": {"clientId": CLIENT}}
    with pytest.raises(InvalidRequest, match=r"the agent amp does not take mcp\.far\.oauth"):
        await stage.session([], mcp={"far": server})


@pytest.mark.parametrize("stage", ["amp"], indirect=True)
async def test_amp_says_that_it_failed_and_not_why(stage: Stage) -> None:
    with locked(secret=False) as server:
        del server.config["oauth"]
        result = await one_turn(stage, server, "far")
    assert result.reason == "completed"
    assert labels(result) == {"mcp.failed": "far"}
