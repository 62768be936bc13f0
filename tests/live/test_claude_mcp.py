"""The MCP servers that a session is created with reach Claude Code, and no other session."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest

from sandbox_agent.schema.content import StatusPart
from sandbox_agent.testing import call, say

from .conftest import Daemons
from .daemon import Desk, Talk
from .tool_servers import TOKEN, program, service

pytestmark = pytest.mark.anyio


def looks(talk: Talk) -> dict[str, Any]:
    """What the tool answered last."""
    answer: dict[str, Any] = json.loads(str(talk.result().output))
    # Some versions hand on the structured form of a text.
    return json.loads(answer["result"]) if "result" in answer else answer


@pytest.mark.proves("MCP tools")
async def test_a_tool_of_a_program_is_asked_for_and_called(desk: Desk) -> None:
    place = desk.place / "elsewhere"
    place.mkdir()
    server = program(env={"TOOL_KEY": "canary"}, cwd=str(place), enabled=True, timeoutMs=50_000)
    script = [[call("mcp__tools__look", {"what": "here"})], say("done")]
    async with desk.talk(script, mcp={"tools": server, "off": program("/nonexistent", enabled=False)}) as talk:
        await talk.send("look")
        request = await talk.permission()
        assert (request.action, request.metadata["always"]) == ("mcp__tools__look", "mcp__tools__look")
        await talk.permit(request, "always")
        assert (await talk.ended()).reason == "completed"
        seen = looks(talk)
        assert (seen["what"], seen["where"], seen["given"]) == ("here", str(place), {"TOOL_KEY": "canary"})
        assert not [label for label in talk.labels if label.startswith("mcp.")]
        assert not [word for each in desk.agents() for word in each.cmdline() if "canary" in word]


@pytest.mark.parametrize("transport", ["http", "sse"])
async def test_a_service_gets_its_headers_and_the_environment_keeps_the_secrets(
    desk: Desk, daemons: Daemons, transport: Literal["http", "sse"]
) -> None:
    talkers = desk.at(daemons(TEAM_NAME="blue", TEAM_TOKEN=TOKEN))
    with service(transport) as url:
        server = {
            "type": "remote",
            "url": url,
            "transport": transport,
            "headers": {"X-Plain": "plain"},
            "envHeaders": {"X-Team": "TEAM_NAME"},
            "bearerTokenEnvVar": "TEAM_TOKEN",
        }
        script = [[call("mcp__far__look", {"what": "there"})], say("done")]
        async with talkers.talk(script, mcp={"far": server}, permissionMode="bypass") as talk:
            await talk.turn("look")
            assert looks(talk)["heard"] == {"x-plain": "plain", "x-team": "blue"}
            assert not [word for each in desk.agents() for word in each.cmdline() if TOKEN in word]
            assert TOKEN not in await talk.everything()
    assert TOKEN not in desk.daemon.log.read_text()


async def test_servers_that_do_not_work_are_status_items_and_the_turn_goes_on(desk: Desk) -> None:
    with service("http") as url:
        servers = {
            "broken": program("/nonexistent"),
            "silent": program("/bin/sleep", "600", timeoutMs=1_000),
            "locked": {"type": "remote", "url": url},
        }
        async with desk.talk([say("hello")] * 2, mcp=servers) as talk:
            assert (await talk.turn("hi")).reason == "completed"
            assert (await talk.turn("again")).reason == "completed"
            told = [
                (part.detail, part.label)
                for item in talk.of("status")
                for part in item.content
                if isinstance(part, StatusPart)
            ]
    # Whether a service that wants a token failed or wants a login depends on how soon it said so.
    assert {("broken", "mcp.failed"), ("silent", "mcp.failed")} < set(told)
    assert dict(told)["locked"] in ("mcp.failed", "mcp.needs-auth")
    assert len(told) == len(servers), "each is told once"


async def test_sessions_at_the_same_time_have_each_their_own_and_leave_nothing(desk: Desk) -> None:
    script = [[call("mcp__tools__look", {"what": "mine"})], say("done")]

    def mine(whose: str) -> dict[str, Any]:
        return {"tools": program(env={"TOOL_OWNER": whose})}

    async with (
        desk.talk(script, mcp=mine("one"), permissionMode="bypass") as one,
        desk.talk(script, mcp=mine("two"), permissionMode="bypass") as two,
        desk.talk(script) as plain,
    ):
        for talk, owner in ((one, "one"), (two, "two")):
            await talk.turn("look")
            assert looks(talk)["given"] == {"TOOL_OWNER": owner}
        await plain.turn("look")
        assert "No such tool" in str(plain.result().output)
    assert list(desk.place.iterdir()) == []


async def test_a_field_that_the_agent_cannot_do_is_refused(desk: Desk) -> None:
    server = {"type": "remote", "url": "http://127.0.0.1:9", "oauth": {"clientId": "us", "clientSecret": "s"}}
    with pytest.raises(AssertionError, match=r"400 .*the agent claude does not take mcp\.far\.oauth\.clientSecret"):
        async with desk.talk(mcp={"far": server}):
            raise AssertionError
