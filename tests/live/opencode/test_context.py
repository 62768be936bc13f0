"""What a session is created with reaches OpenCode and no other session."""

from __future__ import annotations

from typing import Literal

import pytest
from tests.live.contexts import CANARY, asked, looks, skill
from tests.live.tool_servers import TOKEN, program, service

from sandbox_agent.testing import call, say

from .desk import OpenDesk

pytestmark = pytest.mark.anyio


@pytest.mark.proves("skills")
async def test_a_skill_is_offered_in_its_session_and_in_no_other(desk: OpenDesk) -> None:
    async with desk.talk([say("aye")], skills=skill(desk)) as talk:
        await talk.turn("greet")
        assert CANARY in asked(desk)
        async with desk.talk([say("hello")]) as other:
            await other.turn("greet")
            assert CANARY not in asked(desk)
    assert list(desk.place.iterdir()) == []


@pytest.mark.parametrize("transport", ["http", "sse"])
async def test_a_service_gets_its_headers(desk: OpenDesk, transport: Literal["http", "sse"]) -> None:
    with service(transport) as url:
        headers = {"Authorization": f"Bearer {TOKEN}", "X-Team": "blue"}
        server = {"type": "remote", "url": url, "headers": headers, "transport": transport}
        async with desk.talk([[call("far_look", {"what": "there"})], say("done")], mcp={"far": server}) as talk:
            await talk.turn("look")
            assert looks(talk)["heard"] == {"x-team": "blue"}
            assert not [word for each in desk.agents() for word in each.cmdline() if TOKEN in word]


async def test_a_server_that_does_not_work_does_not_stop_the_turn(desk: OpenDesk) -> None:
    async with desk.talk([say("hello")], mcp={"broken": program("/nonexistent")}) as talk:
        assert (await talk.turn("hi")).reason == "completed"
        assert talk.says == ["hello"]
        await talk.reads(lambda: talk.labels == ["mcp.failed"])
