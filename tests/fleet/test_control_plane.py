"""Real parts, each killed in the middle of a turn: every event arrives everywhere, once and in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

import pytest
from examples.control_plane.registry import Registry

from sandbox_agent.testing import ScriptedModel, say

from .conftest import Browser, Fleet
from .parts import quietly

pytestmark = pytest.mark.anyio
Browse: TypeAlias = Callable[..., Browser]

WORDS = 60
"""At the mock agent's pace more than a second: enough to be in the middle of."""


async def close(fleet: Fleet, session_id: str, *browsers: Browser) -> list[str]:
    """End the session, and see that everybody has the same; the positions."""
    await fleet.ask("DELETE", session_id)
    for browser in browsers:
        await browser.until(lambda browser: browser.events[-1].type == "session.ended")
    stored = await asyncio.to_thread(fleet.stored, session_id)
    published = await asyncio.to_thread(fleet.published, session_id)
    assert published == stored[-len(published) :], "Redis may forget the oldest, and nothing else"
    assert published == stored or session_id in {"redis", "all"}, "and only when it was killed itself"
    for browser in browsers:
        assert browser.ids == stored
        assert [f"-{event.sequence}" for event in browser.events] == [each[each.index("-") :] for each in stored]
    return stored


async def begin(fleet: Fleet, browse: Browse, session_id: str) -> list[Browser]:
    """A session in the middle of a turn, with a browser that stays and one that reconnects all the time."""
    await fleet.ask("PUT", session_id, agent="mock")
    browsers = [browse(session_id), browse(session_id, cut_every=7)]
    await fleet.ask("POST", f"{session_id}/messages", text=f"slow {WORDS}")
    for browser in browsers:
        await browser.until(lambda browser: browser.count("item.delta") >= 10)
    assert browsers[0].count("turn.ended") == 0
    return browsers


@pytest.mark.parametrize("name", ["control plane", "worker", "redis", "postgres"])
async def test_whatever_is_killed_in_mid_turn_no_event_is_lost_or_doubled(
    fleet: Fleet, browse: Browse, name: str
) -> None:
    session_id = name.replace(" ", "-")
    browsers = await begin(fleet, browse, session_id)
    await quietly(fleet.parts[name], "kill")
    await quietly(fleet.parts[name], "start")
    for browser in browsers:
        await browser.until(lambda browser: browser.count("turn.ended") > 0)
    positions = await close(fleet, session_id, *browsers)
    assert positions == [f"1-{number}" for number in range(1, len(positions) + 1)], "one log, whole"
    assert browsers[0].count("item.delta") >= WORDS
    assert browsers[1].connections > 5


@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_a_daemon_that_is_gone_comes_back_and_the_session_goes_on_in_a_new_log(
    fleet: Fleet, browse: Browse, end: str
) -> None:
    session_id = f"daemon-{end}"
    browsers = await begin(fleet, browse, session_id)
    await quietly(fleet.parts["daemons"], end)
    for browser in browsers:
        await browser.until(lambda browser: browser.count("session.started") == 2)
    await fleet.ask("POST", f"{session_id}/messages", text="hello")
    for browser in browsers:
        await browser.until(lambda browser: browser.said("hello"))
    positions = await close(fleet, session_id, *browsers)
    assert browsers[0].count("session.ended") == (2 if end == "stop" else 1), "who is asked to stop says its last word"
    first = [each for each in positions if each.startswith("1-")]
    second = [each for each in positions if each.startswith("2-")]
    assert positions == first + second
    assert first == [f"1-{number}" for number in range(1, len(first) + 1)]
    assert second == [f"2-{number}" for number in range(1, len(second) + 1)]


async def test_claude_code_remembers_a_conversation_whose_daemon_was_restarted(
    fleet: Fleet, browse: Browse, model: ScriptedModel
) -> None:
    model.play([say("one"), say("two")])
    await fleet.ask("PUT", "claude", agent="claude")
    browser = browse("claude")
    await fleet.ask("POST", "claude/messages", text="first")
    await browser.until(lambda browser: browser.count("turn.ended") == 1)
    await quietly(fleet.parts["daemons"], "stop")
    await browser.until(lambda browser: browser.count("session.started") == 2)
    await fleet.ask("POST", "claude/messages", text="second")
    await browser.until(lambda browser: browser.said("two"))
    assert model.requests[-1].prompts == ("first", "second")
    await close(fleet, "claude", browser)


async def test_everything_killed_at_once_comes_back(fleet: Fleet, browse: Browse) -> None:
    browsers = await begin(fleet, browse, "all")
    for name in ("control plane", "worker", "redis", "postgres"):
        await quietly(fleet.parts[name], "kill")
    for name in ("postgres", "redis", "worker", "control plane"):
        await quietly(fleet.parts[name], "start")
    for browser in browsers:
        await browser.until(lambda browser: browser.count("turn.ended") > 0)
    positions = await close(fleet, "all", *browsers)
    assert positions == [f"1-{number}" for number in range(1, len(positions) + 1)]


async def test_what_redis_has_forgotten_comes_from_postgres(fleet: Fleet, browse: Browse) -> None:
    await fleet.ask("PUT", "trimmed", agent="mock")
    first = browse("trimmed")
    await fleet.ask("POST", "trimmed/messages", text="markdown")
    await first.until(lambda browser: browser.count("turn.ended") > 0)
    with fleet.queue.client() as client:
        await asyncio.to_thread(client.xtrim, "events:trimmed", maxlen=3, approximate=False)
    late, later = browse("trimmed"), browse("trimmed", last=first.ids[4])
    for browser in (late, later):
        await browser.until(lambda browser: browser.count("turn.ended") > 0)
    assert late.ids == first.ids
    assert later.ids == first.ids[5:]
    await fleet.ask("DELETE", "trimmed")


async def test_asking_twice_is_asking_once_and_sessions_are_spread(fleet: Fleet) -> None:
    for session_id in ("one", "two", "one", "two"):
        await fleet.ask("PUT", session_id, agent="mock")
    live = {session.id: session.sandbox.name for session in await Registry(fleet.database).live()}
    assert {live["one"], live["two"]} == {"box-1", "box-2"}
    for session_id in ("one", "two"):
        await fleet.ask("DELETE", session_id)
