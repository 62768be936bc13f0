from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sandbox_agent.adapter import SessionOptions
from sandbox_agent.runtime.session import Session
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.runtime.views import detail_of, info_of
from sandbox_agent.schema import api

from .parrot import agent

pytestmark = pytest.mark.anyio


def created(tmp_path: Path) -> Session:
    options = SessionOptions(
        session_id="s", permission_mode="plan", model="m", variant="high", directory=str(tmp_path), resume="native"
    )
    settings = Settings(data_dir=tmp_path, mock_pace=0, environ={})
    return Session(
        agent(), options, settings, wish=api.CreateSessionRequest(agent="parrot", title="Title", directory=".")
    )


async def reached(session: Session, *types: str) -> None:
    async with asyncio.timeout(10):
        for event_type in types:
            while session.log.find(0, frozenset({event_type})) is None:
                await session.log.wait(session.log.last)


async def test_the_info_of_a_new_session(tmp_path: Path) -> None:
    session = created(tmp_path)
    first, last = session.times
    assert info_of(session) == api.SessionInfo(
        session_id="s",
        agent="parrot",
        agent_mode="build",
        permission_mode="plan",
        model="m",
        variant="high",
        native_session_id="native",
        ended=False,
        event_count=1,
        created_at=first,
        updated_at=last,
        directory=".",
        title="Title",
        state="idle",
        log_id=session.log.id,
    )
    await session.terminate()


async def test_the_detail_tells_what_is_pending_and_queued(tmp_path: Path) -> None:
    session = created(tmp_path)
    await session.send(api.MessageRequest(message='{"ask":"p"}|{"question":"q"}|?'))
    await session.send(api.MessageRequest(message="later"))
    await reached(session, "permission.requested", "question.requested")
    detail = detail_of(session)
    assert (detail.state, detail.turn_id) == ("waiting", "turn_1")
    assert [each.permission_id for each in detail.permissions] == ["p"]
    assert [each.question_id for each in detail.questions] == ["q"]
    assert detail.queue == (api.QueuedMessage(message_id="msg_2", message="later"),)
    assert detail.updated_at >= detail.created_at
    await session.terminate()


async def test_an_ended_session_has_nothing_open(tmp_path: Path) -> None:
    session = created(tmp_path)
    await session.send(api.MessageRequest(message='{"ask":"p"}|?'))
    await session.send(api.MessageRequest(message="later"))
    await reached(session, "permission.requested")
    await session.terminate()
    detail = detail_of(session)
    assert (detail.ended, detail.state, detail.turn_id) == (True, "ended", None)
    assert (detail.permissions, detail.questions, detail.queue) == ((), (), ())
    assert detail.event_count == session.log.last
