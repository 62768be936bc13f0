"""The mock agent in the real session, over its scripted link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from sandbox_agent.adapter import Fork, SessionOptions
from sandbox_agent.agents.mock import AGENT
from sandbox_agent.runtime.session import Session
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema.api import MessageRequest
from sandbox_agent.schema.commands import ReplyPermission
from sandbox_agent.schema.errors import InvalidRequest
from sandbox_agent.schema.events import Event, TurnEnded, decode_event
from sandbox_agent.schema.grammar import check

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def mock_session(permission_mode: str = "default") -> AsyncIterator[Session]:
    options = SessionOptions(session_id="s", permission_mode=permission_mode)
    session = Session(AGENT, options, Settings(mock_pace=0))
    async with asyncio.timeout(20):
        try:
            yield session
            check(events(session))
        finally:
            await session.terminate()


def events(session: Session) -> list[Event]:
    page, _ = session.log.page(0, None, raw=True)
    return [decode_event(raw) for raw in msgspec.json.decode(page, type=list[msgspec.Raw])]


async def until(session: Session, *types: str, offset: int = 0) -> int:
    """The sequence of the first event of such a type after `offset`."""
    while (found := session.log.find(offset, frozenset(types))) is None:
        await session.log.wait(session.log.last)
    return found


@pytest.mark.proves("session lifecycle")
async def test_a_turn_runs_to_its_end() -> None:
    async with mock_session() as session:
        await session.send(MessageRequest(message="hello"))
        assert await until(session, "turn.ended") == 8
        assert session.native_session_id == "mock-s"


async def test_a_crash_is_told_with_its_exit_code_and_the_session_goes_on() -> None:
    async with mock_session() as session:
        await session.send(MessageRequest(message="crash"))
        first = await until(session, "turn.ended")
        ended = events(session)[first - 1].data
        assert (getattr(ended, "reason", None), getattr(ended, "exit_code", None)) == ("agent_exited", 3)
        await session.send(MessageRequest(message="hello"))
        second = await until(session, "turn.ended", offset=first)
        assert getattr(events(session)[second - 1].data, "reason", None) == "completed"


@pytest.mark.proves("session lifecycle")
async def test_end_ends_the_session_for_good() -> None:
    async with mock_session() as session:
        await session.send(MessageRequest(message="end"))
        await until(session, "session.ended")
        assert session.state == "ended"
        with pytest.raises(InvalidRequest):
            await session.send(MessageRequest(message="hello"))


async def test_bypass_answers_permissions_by_itself() -> None:
    async with mock_session("bypass") as session:
        await session.send(MessageRequest(message="permission"))
        await until(session, "turn.ended")
        assert [event.type for event in events(session)].count("permission.resolved") == 2


async def test_always_answers_the_same_permission_of_a_later_turn() -> None:
    async with mock_session() as session:
        for _ in range(2):
            offset = session.log.last
            await session.send(MessageRequest(message="List files in the current directory using available tools."))
            if session.turn_id == "turn_1":
                await until(session, "permission.requested")
                await session.answer(ReplyPermission(permission_id="mock_1_permission", reply="always"))
            await until(session, "turn.ended", offset=offset)
        resolved = [event.data for event in events(session) if event.type == "permission.resolved"]
        assert [getattr(data, "status", None) for data in resolved] == ["accept_for_session"] * 2


async def test_an_interrupt_ends_the_turn_at_once() -> None:
    async with mock_session() as session:
        await session.send(MessageRequest(message="slow 1000000"))
        await until(session, "item.delta")
        await session.interrupt()
        ended = await until(session, "turn.ended")
        assert getattr(events(session)[ended - 1].data, "reason", None) == "interrupted"
        await session.send(MessageRequest(message="hello"))
        await until(session, "turn.ended", offset=ended)


@pytest.mark.proves("queue")
async def test_quick_messages_are_queued_and_do_not_interleave() -> None:
    async with mock_session() as session:
        for word in ("one", "two", "three"):
            await session.send(MessageRequest(message=word))
        offset = 0
        for _ in range(3):
            offset = await until(session, "turn.ended", offset=offset)
        turns = [event.type for event in events(session) if event.type.startswith("turn.")]
        assert turns == ["turn.started", "turn.ended"] * 3


async def test_each_turn_that_has_ended_is_a_place_to_fork_from() -> None:
    async with mock_session() as session:
        await session.send(MessageRequest(message="one"))
        first = await until(session, "turn.ended")
        await session.send(MessageRequest(message="two"))
        await until(session, "turn.ended", offset=first)
        turns = [event.data.turn_id for event in events(session) if isinstance(event.data, TurnEnded)]
        places = [session.forks.after(turn) for turn in turns]
        assert places == [Fork(native_id="mock-s", position=f"mock_{number}") for number in (1, 2)]
