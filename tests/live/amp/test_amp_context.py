"""What a session is created with reaches Amp and no other session."""

from __future__ import annotations

import httpx
import pytest
from tests.live.contexts import CANARY, asked, looks, skill
from tests.live.tool_servers import TOKEN, service

from sandbox_agent.testing import call, say

from .conftest import AmpDesk

pytestmark = pytest.mark.anyio


@pytest.mark.proves("skills")
async def test_a_skill_is_offered_in_its_session_and_in_no_other(desk: AmpDesk) -> None:
    async with desk.talk([say("aye"), say("no")], skills=skill(desk)) as talk:
        await talk.turn("greet")
        assert CANARY in asked(desk)
        async with desk.talk([say("hello")]) as other:
            await other.turn("greet")
            assert CANARY not in asked(desk)
    assert list(desk.place.iterdir()) == []


async def test_a_service_gets_its_headers(desk: AmpDesk) -> None:
    script = [[call("mcp__far__look", {"what": "there"})], say("done")]
    with service("http") as url:
        server = {"type": "remote", "url": url, "headers": {"Authorization": f"Bearer {TOKEN}", "X-Team": "blue"}}
        async with desk.talk(script, mcp={"far": server}, permissionMode="bypass") as talk:
            await talk.turn("look")
            assert looks(talk)["heard"] == {"x-team": "blue"}
            assert not [word for each in desk.agents() for word in each.cmdline() if TOKEN in word]


@pytest.mark.parametrize("body", [{"instructions": "be kind"}, {"hooks": {"Stop": []}}], ids=["instructions", "hooks"])
async def test_what_it_cannot_do_is_refused(desk: AmpDesk, body: dict[str, object]) -> None:
    async with httpx.AsyncClient(base_url=desk.daemon.url, trust_env=False, timeout=60) as http:
        answer = await http.post("/v1/sessions/unkind", json={"agent": "amp", **body})
    assert (answer.status_code, answer.json()["agent"]) == (400, "amp")
    assert f"does not take {next(iter(body))}" in answer.json()["detail"]
