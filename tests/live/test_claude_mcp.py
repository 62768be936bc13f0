"""Tool servers that a session is created with reach Claude Code."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from sandbox_agent.testing import call, say

from .conftest import Daemons
from .daemon import PATIENCE, Desk

pytestmark = pytest.mark.anyio

SERVER = Path(__file__).with_name("mcp_server.py")


@pytest.mark.proves("MCP tools")
async def test_a_tool_of_a_local_server_is_asked_for_and_called(desk: Desk) -> None:
    place = desk.place / "elsewhere"
    place.mkdir()
    server = {
        "type": "local",
        "command": [sys.executable, str(SERVER)],
        "env": {"TINY": "tiny"},
        "cwd": str(place),
    }
    async with desk.talk([[call("mcp__tiny__echo", {"text": "hello"})], say("done")], mcp={"tiny": server}) as talk:
        await talk.send("echo")
        request = await talk.permission()
        assert (request.action, request.metadata["always"]) == ("mcp__tiny__echo", "mcp__tiny__echo")
        await talk.permit(request, "always")
        assert (await talk.ended()).reason == "completed"
        assert talk.result().output == f"hello tiny {place}"


async def test_headers_of_a_remote_server_come_from_the_environment(desk: Desk, daemons: Daemons) -> None:
    heads: asyncio.Queue[bytes] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.put_nowait(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 503 Not today\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    remote = {
        "type": "remote",
        "url": f"http://127.0.0.1:{port}/mcp",
        "envHeaders": {"X-Team": "TEAM_NAME"},
        "bearerTokenEnvVar": "TEAM_TOKEN",
    }
    talkers = desk.at(daemons(TEAM_NAME="blue", TEAM_TOKEN="sesame"))
    async with server, talkers.talk([say("hi")], mcp={"far": remote}) as talk:
        await talk.send("hello")
        async with asyncio.timeout(PATIENCE):
            head = (await heads.get()).decode().lower()
        assert "authorization: bearer sesame" in head
        assert "x-team: blue" in head
        assert (await talk.ended()).reason == "completed"
