"""What a session is created with reaches Codex, although sessions share a server, and no other session."""

from __future__ import annotations

import pytest
from tests.live.contexts import CANARY, asked, looks, refusing_hook, skill
from tests.live.daemon import PATIENCE, kill
from tests.live.tool_servers import TOKEN, service

from sandbox_agent.testing import call, say

from .conftest import CodexDesk

pytestmark = pytest.mark.anyio


@pytest.mark.proves("instructions")
async def test_instructions_are_added_to_what_the_model_is_told(desk: CodexDesk) -> None:
    async with desk.talk([say("aye")] * 2, instructions="Speak like a CANARY-PIRATE.") as talk, desk.talk() as other:
        await talk.turn("hello")
        assert "CANARY-PIRATE" in asked(desk)
        await other.turn("hello")
        assert "CANARY-PIRATE" not in asked(desk)


@pytest.mark.proves("skills")
async def test_a_skill_is_offered_in_its_session_and_in_no_other(desk: CodexDesk) -> None:
    async with desk.talk([say("aye")] * 3, skills=skill(desk)) as talk, desk.talk() as other:
        await talk.turn("greet")
        assert CANARY in asked(desk)
        await other.turn("greet")
        assert CANARY not in asked(desk)
    assert list(desk.place.iterdir()) == []


@pytest.mark.proves("hooks")
async def test_a_hook_runs_before_the_tool_and_may_refuse_it_in_its_session_only(desk: CodexDesk) -> None:
    script = [[call("exec_command", {"cmd": "echo ran"})], say("well then")]
    hooks = {"PreToolUse": [{"hooks": [{"type": "command", "command": refusing_hook(desk)}]}]}
    body = {"permissionMode": "bypass"}
    async with desk.talk(script, hooks=hooks, **body) as talk, desk.talk(**body) as other:
        assert (await talk.turn("run it")).reason == "completed"
        assert "is off limits" in asked(desk)
        assert (await other.turn("run it")).reason == "completed"
        assert "is off limits" not in asked(desk)
        assert "ran" in str(other.result().output)
    assert list(desk.place.iterdir()) == []


async def test_a_service_gets_its_headers(desk: CodexDesk) -> None:
    script = [[call("mcp__far/look", {"what": "there"})], say("done")]
    with service("http") as url:
        server = {"type": "remote", "url": url, "headers": {"Authorization": f"Bearer {TOKEN}", "X-Team": "blue"}}
        async with desk.talk(script, mcp={"far": server}, permissionMode="bypass") as talk:
            await talk.turn("look")
            assert looks(talk)["heard"] == {"x-team": "blue"}
            assert not [word for each in desk.agents() for word in each.cmdline() if TOKEN in word]


async def test_a_conversation_keeps_the_skills_it_began_with_when_the_server_is_killed(desk: CodexDesk) -> None:
    async with desk.talk([say("aye")] * 2, skills=skill(desk)) as talk:
        await talk.turn("greet")
        for server in desk.agents():
            kill(server)
            server.wait(PATIENCE)
        await talk.turn("again")
        assert CANARY in asked(desk)


async def test_a_conversation_cannot_be_resumed_with_other_skills(desk: CodexDesk) -> None:
    with pytest.raises(AssertionError, match=r"400 .*the agent codex does not take skills with resume"):
        async with desk.talk(skills=skill(desk), resume="01a21251-873a-7032-9cb8-5ca2f4e514df"):
            raise AssertionError
