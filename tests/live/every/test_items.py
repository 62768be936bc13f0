"""What an agent says and does is told in the same items, whichever agent it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from tests.live.daemon import PATIENCE

from sandbox_agent import AsyncSession, Event, Item, ItemCompleted, ReasoningPart, TextPart, TodoUpdated, UsageUpdated
from sandbox_agent.schema.content import streamed_text
from sandbox_agent.schema.events import ItemDelta
from sandbox_agent.testing import Usage, reply, say, think, when

from .conftest import Stage
from .kinds import TODOS

pytestmark = pytest.mark.anyio


async def told(session: AsyncSession, until: Callable[[Event], bool]) -> list[Event]:
    """All events from the first one to one that fits."""
    events: list[Event] = []
    async with asyncio.timeout(PATIENCE):
        async for event in session.stream():
            events.append(event)
            if until(event):
                break
    return events


def items(events: list[Event]) -> list[Item]:
    return [event.data.item for event in events if isinstance(event.data, ItemCompleted)]


def deltas(events: list[Event], item: Item) -> list[str]:
    return [
        event.data.delta for event in events if isinstance(event.data, ItemDelta) and event.data.item_id == item.item_id
    ]


async def one_turn(stage: Stage, script: list[object]) -> list[Event]:
    session = await stage.session(script)
    async with asyncio.timeout(PATIENCE):
        assert (await session.send("hi").wait()).reason == "completed"
    return list((await session.events()).events)


@pytest.mark.proves("text messages", "reasoning")
async def test_thoughts_are_a_message_of_their_own_before_the_text(stage: Stage) -> None:
    events = await one_turn(stage, [[think("let me think"), say("Hello there")]])
    user, thought, text = (item for item in items(events) if item.kind == "message")
    assert (user.role, user.content) == ("user", (TextPart(text="hi"),))
    assert (thought.role, thought.content) == ("assistant", (ReasoningPart(text="let me think"),))
    assert (text.role, text.content) == ("assistant", (TextPart(text="Hello there"),))
    for item in (thought, text):
        assert item.status == "completed"
        assert "".join(deltas(events, item)) == streamed_text(item)


@pytest.mark.proves("streaming deltas")
async def test_text_and_thoughts_are_told_while_they_come(stage: Stage) -> None:
    events = await one_turn(stage, [[think(["let me ", "think"]), say(["Hel", "lo ", "there"])]])
    _, thought, text = (item for item in items(events) if item.kind == "message")
    for item in (thought, text):
        pieces = deltas(events, item)
        assert "".join(pieces) == streamed_text(item)
        assert len(pieces) > 1


@pytest.mark.proves("to-do lists")
async def test_the_to_do_list_is_told_whole_each_time(stage: Stage) -> None:
    events = await one_turn(stage, [*stage.kind.todos(), say("done")])
    lists = [
        tuple((todo.content, todo.status) for todo in event.data.todos)
        for event in events
        if isinstance(event.data, TodoUpdated)
    ]
    first, last = TODOS
    assert first in lists
    assert lists[-1] == last


@pytest.mark.proves("subagents")
async def test_what_a_subagent_says_and_does_is_below_the_call_that_started_it(stage: Stage) -> None:
    child = when("explore the cave", [stage.command("echo bats")], say("there are bats"))
    script = [child, [stage.kind.delegate("explore the cave")], say("sent")]
    session = await stage.session(script, permission_mode="bypass", **stage.kind.delegates)
    turn = session.send("go")
    await turn
    # Codex goes on while its subagent works.
    events = await told(session, lambda event: "there are bats" in said(event))
    async with asyncio.timeout(PATIENCE):
        assert (await turn.wait()).reason == "completed"
    outer = next(item for item in items(events) if item.kind == "tool_call")
    assert outer.parent_id is None
    below = {(item.kind, item.role) for item in items(events) if item.parent_id == outer.item_id}
    assert below >= {("tool_call", "assistant"), ("tool_result", "tool"), ("message", "assistant")}
    assert [item.parent_id for item in await session.messages() if streamed_text(item) == "sent"] == [None]


def said(event: Event) -> str:
    return streamed_text(event.data.item) if isinstance(event.data, ItemCompleted) else ""


@pytest.mark.proves("usage")
async def test_tokens_are_counted_by_turn_and_by_session(stage: Stage) -> None:
    usage = Usage(input_tokens=100, output_tokens=10, cache_read_input_tokens=20)
    script = [reply(stage.command("true"), usage=usage), reply(say("one"), usage=usage), reply(say("two"), usage=usage)]
    session = await stage.session(script, permission_mode="bypass")
    async with asyncio.timeout(PATIENCE):
        results = [await session.send(text).wait() for text in ("go", "on")]
    ends = [event.data for event in (await session.events()).events if isinstance(event.data, UsageUpdated)]
    one, two = (next(each for each in reversed(ends) if each.turn == result.usage) for result in results)
    assert [(each.turn.input_tokens, each.turn.output_tokens, each.turn.cache_read_tokens) for each in (one, two)] == [
        (200, 20, 40),
        (100, 10, 20),
    ]
    assert one.session == one.turn
    assert (two.session.input_tokens, two.session.output_tokens, two.session.cache_read_tokens) == (300, 30, 60)
