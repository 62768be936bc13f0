"""A session of Claude Code outlives its process."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from sandbox_agent.schema.events import ItemDelta, PermissionResolved, UsageUpdated
from sandbox_agent.testing import call, say, stall

from .daemon import PATIENCE, Desk, Talk, kill

pytestmark = pytest.mark.anyio


def kill_agent(desk: Desk) -> None:
    (agent,) = desk.agents()
    kill(agent)


async def written_down(desk: Desk) -> None:
    """Wait until the CLI has saved the conversation, which it does a little after it has spoken."""
    async with asyncio.timeout(PATIENCE):
        while not any(b"remember this" in path.read_bytes() for path in transcripts(desk)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def transcripts(desk: Desk) -> list[Path]:
    """The CLI's own files of the conversations in this test's folder."""
    folder = re.sub(r"[^A-Za-z0-9]", "-", str(desk.place))
    return list(desk.daemon.home.glob(f".claude/projects/{folder}/*.jsonl"))


async def goes_on(talk: Talk, *, remembers: bool = True) -> None:
    """The session answers again, and the agent knows what was said before."""
    assert (await talk.turn("again")).reason == "completed"
    assert talk.says[-1] == "fresh"
    request = talk.model.requests[-1]
    assert request.prompt == "again"
    assert request.mentions("remember this") == remembers


async def test_an_agent_killed_while_it_speaks_ends_the_turn_not_the_session(desk: Desk) -> None:
    async with desk.talk([[say("half a "), stall("never")]]) as talk:
        await talk.send("remember this")
        await talk.nth(ItemDelta)
        await written_down(desk)
        kill_agent(desk)
        ended = await talk.ended()
        assert (ended.reason, ended.exit_code) == ("agent_exited", -9)
        assert talk.of("message", "assistant")[0].status == "failed"
        talk.model.play([say("fresh")])
        await goes_on(talk)


async def test_an_agent_killed_while_a_permission_is_pending(desk: Desk) -> None:
    async with desk.talk([[call("Bash", {"command": "touch x", "description": "t"})]]) as talk:
        await talk.send("remember this")
        await talk.permission()
        await written_down(desk)
        kill_agent(desk)
        assert (await talk.ended()).reason == "agent_exited"
        assert [data.status for data in talk.all(PermissionResolved)] == ["reject"]
        talk.model.play([say("fresh")])
        await goes_on(talk)


async def test_an_agent_killed_while_it_starts(desk: Desk) -> None:
    async with desk.talk([say("fresh")]) as talk:
        await talk.send("remember this")
        while not desk.agents():
            await talk.detail()
        kill_agent(desk)
        assert (await talk.ended()).reason == "agent_exited"
        await goes_on(talk, remembers=False)


@pytest.mark.proves("resume")
async def test_an_agent_killed_at_rest_is_no_event_and_the_next_turn_resumes(desk: Desk) -> None:
    async with desk.talk([say("one")]) as talk:
        await talk.turn("remember this")
        before = len(talk.events)
        await written_down(desk)
        kill_agent(desk)
        while desk.agents():
            await talk.detail()
        talk.model.play([say("fresh")])
        await goes_on(talk)
        assert [event.type for event in talk.events[before : before + 1]] == ["turn.started"]
        first, second = talk.all(UsageUpdated)
        assert second.session.input_tokens == first.turn.input_tokens + second.turn.input_tokens
        assert (second.session.cost_usd or 0) > (first.session.cost_usd or 0)


async def test_a_session_resumes_a_conversation_of_another(desk: Desk) -> None:
    async with desk.talk([say("one")]) as talk:
        await talk.turn("remember this")
        native_id = (await talk.detail())["nativeSessionId"]
    desk.model.play([say("fresh")])
    async with desk.talk(resume=native_id) as second:
        await goes_on(second)
        assert (await second.detail())["nativeSessionId"] == native_id


async def test_an_unknown_conversation_is_an_error_and_the_next_message_begins_anew(desk: Desk) -> None:
    async with desk.talk([say("fresh")], resume="11111111-1111-4111-8111-111111111111") as talk:
        ended = await talk.turn("remember this")
        assert ended.reason == "error"
        (error,) = talk.errors
        assert error.code == "resume_failed"
        assert "11111111" in error.message
        await goes_on(talk, remembers=False)


async def test_a_lost_conversation_of_our_own_begins_anew_by_itself(desk: Desk) -> None:
    async with desk.talk([say("one")]) as talk:
        await talk.turn("remember this")
        await written_down(desk)
        kill_agent(desk)
        while desk.agents():
            await talk.detail()
        for transcript in transcripts(desk):
            transcript.unlink()
        talk.model.play([say("fresh")])
        await goes_on(talk, remembers=False)
        assert "resume_failed" in talk.labels


@pytest.mark.proves("session lifecycle")
async def test_terminate_leaves_no_process(desk: Desk) -> None:
    async with desk.talk([[say("words"), stall("never")]]) as talk:
        await talk.send("remember this")
        await talk.nth(ItemDelta)
        assert len(desk.agents()) == 1
        await talk.post("/terminate")
        assert desk.agents() == []
        last = await talk.until(lambda event: event.type == "session.ended")
        assert last.sequence == len(talk.events)
        assert (await talk.ended()).reason == "terminated"
