import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from sandbox_agent.adapter import SessionOptions
from sandbox_agent.runtime.session import Session
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema import grammar
from sandbox_agent.schema.api import MessageRequest
from sandbox_agent.schema.commands import RejectQuestion, ReplyPermission, ReplyQuestion
from sandbox_agent.schema.errors import AlreadyResolved, InvalidRequest, NotFound, SessionBusy
from sandbox_agent.schema.events import Event, TurnStarted, decode_event

from .parrot import DeafAdapter, LostAdapter, ParrotAdapter, SteerableAdapter, agent

pytestmark = pytest.mark.anyio


def events(session: Session, *, raw: bool = False) -> list[Event]:
    page, _ = session.log.page(0, None, raw=raw)
    return [decode_event(msgspec.json.encode(each)) for each in msgspec.json.decode(page)]


def types(session: Session) -> list[str]:
    return [event.type for event in events(session)]


async def until(session: Session, event_type: str, count: int = 1) -> None:
    """Wait until the log holds `count` events of a type."""
    async with asyncio.timeout(5):
        offset = 0
        for _ in range(count):
            while (found := session.log.find(offset, frozenset({event_type}))) is None:
                await session.log.wait(session.log.last)
            offset = found


@asynccontextmanager
async def running(
    tmp_path: Path,
    adapter: type[ParrotAdapter] = ParrotAdapter,
    permission_mode: str = "default",
) -> AsyncIterator[Session]:
    settings = Settings(data_dir=tmp_path, mock_pace=0, interrupt_deadline=0.05, environ={})
    options = SessionOptions(session_id="s", permission_mode=permission_mode, directory=str(tmp_path))
    session = Session(agent(adapter), options, settings)
    try:
        yield session
    finally:
        async with asyncio.timeout(5):
            await session.terminate()
        grammar.check(events(session))


async def say(session: Session, text: str, delivery: str | None = None) -> str:
    sent = await session.send(MessageRequest(message=text, delivery=delivery))  # type: ignore[arg-type]
    return sent.delivery


async def test_a_message_gives_a_turn_and_the_session_rests_again(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        assert await say(session, '{"text":"hi"}|{"end":"completed"}') == "started"
        await until(session, "turn.ended")
        assert types(session) == [
            "session.started",
            "turn.started",
            "item.started",
            "item.delta",
            "item.completed",
            "turn.ended",
        ]
        assert session.state == "idle"


async def test_a_turn_names_its_message_and_a_message_where_to_read_on(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        first = await session.send(MessageRequest(message='{"text":"hi"}'))
        second = await session.send(MessageRequest(message='{"end":"completed"}'))
        assert (first.offset, second.delivery) == (1, "queued")
        assert second.offset > first.offset
        await session.interrupt()
        await until(session, "turn.ended", 2)
        turns = [event.data for event in events(session) if isinstance(event.data, TurnStarted)]
        assert [turn.message_id for turn in turns] == [first.message_id, second.message_id]


async def test_messages_of_a_busy_session_run_one_after_the_other(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await say(session, '?|{"text":"1"}|{"end":"completed"}')
        assert [await say(session, f'{{"text":"{n}"}}|{{"end":"completed"}}') for n in (2, 3)] == ["queued"] * 2
        assert [each.message_id for each in session.queue().messages] == ["msg_2", "msg_3"]
        await session.interrupt()
        await until(session, "turn.ended", 3)
        turns = [event.data.turn_id for event in events(session) if event.type.startswith("turn")]  # type: ignore[attr-defined]
        assert turns == ["turn_1", "turn_1", "turn_2", "turn_2", "turn_3", "turn_3"]


async def test_between_two_turns_a_session_whose_next_message_waits_is_not_idle(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        for _ in range(2):
            await say(session, '?|{"end":"completed"}')
        await session.interrupt()
        states: set[tuple[int, str]] = set()
        async with asyncio.timeout(5):
            while (turns := types(session).count("turn.started")) < 2:
                states.add((turns, session.state))
                await asyncio.sleep(0)
        assert states == {(1, "running")}


async def test_the_started_future_tells_where_the_turn_of_a_message_begins(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        first = await session.send(MessageRequest(message='{"end":"completed"}'))
        second = await session.send(MessageRequest(message='{"end":"completed"}'))
        async with asyncio.timeout(5):
            assert (await first.started, await second.started) == (1, 3)


async def test_a_message_that_must_not_wait_is_refused_while_busy(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await say(session, "?")
        with pytest.raises(SessionBusy):
            await say(session, "x", "reject")


async def test_steering_reaches_the_running_turn_where_the_agent_can(tmp_path: Path) -> None:
    async with running(tmp_path, SteerableAdapter) as session:
        await say(session, "?")
        assert await say(session, '{"text":"steered"}|{"end":"completed"}', "steer") == "steered"
        await until(session, "turn.ended")
        assert types(session).count("turn.started") == 1


async def test_steering_an_agent_that_cannot_waits_and_says_so(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await say(session, "?")
        assert await say(session, "x", "steer") == "queued"


async def test_a_queued_message_can_be_withdrawn_once(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await say(session, "?")
        queued = await session.send(MessageRequest(message="x"))
        await session.withdraw(queued.message_id)
        assert queued.started.cancelled()
        with pytest.raises(NotFound):
            await session.withdraw(queued.message_id)


async def test_interrupt_keeps_the_queue_unless_told_to_clear_it(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await say(session, "?")
        await say(session, "?")
        await session.interrupt()
        await until(session, "turn.started", 2)
        await say(session, "?")
        await session.interrupt(clear_queue=True)
        await until(session, "turn.ended", 2)
        assert session.queue().messages == ()
        assert session.state == "idle"


async def test_interrupt_at_rest_says_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await session.interrupt()
        assert types(session) == ["session.started"]


async def test_a_deaf_agent_is_killed_and_the_turn_is_interrupted(tmp_path: Path) -> None:
    async with running(tmp_path, DeafAdapter) as session:
        await say(session, "?")
        await session.interrupt()
        await until(session, "turn.ended")
        assert events(session)[-1].data.reason == "interrupted"  # type: ignore[attr-defined]
        await say(session, '{"end":"completed"}')
        await until(session, "turn.ended", 2)


async def test_an_agent_that_dies_ends_its_turn_and_the_session_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await say(session, '{"text":"a"}|crash')
        await until(session, "turn.ended")
        assert events(session)[-1].data.reason == "agent_exited"  # type: ignore[attr-defined]
        await say(session, '{"end":"completed"}')
        await until(session, "turn.ended", 2)
        assert session.state == "idle"


async def test_a_program_that_is_not_there_ends_the_turn_and_the_session_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path, LostAdapter) as session:
        await say(session, "x")
        await until(session, "turn.ended")
        assert session.state == "idle"


async def test_noise_between_the_messages_is_no_event(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await say(session, '\ufeffwarning: noise|{"text":|{"end":"completed"}')
        await until(session, "turn.ended")
        assert "agent.unparsed" not in types(session)


async def test_the_native_id_shows_from_the_moment_the_agent_tells_it(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await say(session, '{"me":"n-1"}|{"end":"completed"}')
        await until(session, "turn.ended")
        assert session.native_session_id == "n-1"
        assert [event.native_session_id for event in events(session)] == [None, None, "n-1"]


async def test_a_permission_waits_and_its_answer_reaches_the_agent(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await say(session, '{"ask":"p"}|?|{"end":"completed"}')
        await until(session, "permission.requested")
        assert session.state == "waiting"
        await session.answer(ReplyPermission(permission_id="p", reply="once"))
        await until(session, "turn.ended")
        assert types(session)[3:5] == ["permission.resolved", "item.started"]


async def test_the_same_answer_again_is_fine_and_another_is_not(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await say(session, '{"ask":"p"}|?|{"end":"completed"}')
        await until(session, "permission.requested")
        once = ReplyPermission(permission_id="p", reply="once")
        await asyncio.gather(session.answer(once), session.answer(once))
        with pytest.raises(AlreadyResolved):
            await session.answer(ReplyPermission(permission_id="p", reply="reject"))
        with pytest.raises(InvalidRequest):
            await session.answer(ReplyPermission(permission_id="other", reply="once"))


async def test_an_always_answers_the_same_request_from_then_on(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await say(session, '{"ask":"p"}|?|{"ask":"p2"}|?|{"end":"completed"}')
        await until(session, "permission.requested")
        await session.answer(ReplyPermission(permission_id="p", reply="always"))
        await until(session, "turn.ended")
        statuses = [event.data.status for event in events(session) if event.type == "permission.resolved"]  # type: ignore[attr-defined]
        assert statuses == ["accept_for_session"] * 2


async def test_bypass_answers_by_itself_and_still_shows_the_request(tmp_path: Path) -> None:
    async with running(tmp_path, permission_mode="bypass") as session:
        await say(session, '{"ask":"p"}|?|{"end":"completed"}')
        await until(session, "turn.ended")
        assert types(session)[2:4] == ["permission.requested", "permission.resolved"]


async def test_an_agent_that_asks_again_under_an_answered_id_hears_the_same_answer(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await say(session, '{"ask":"p"}|?|{"ask":"p"}|?|{"end":"completed"}')
        await until(session, "permission.requested")
        await session.answer(ReplyPermission(permission_id="p", reply="once"))
        await until(session, "turn.ended")
        assert types(session).count("permission.requested") == 1


async def test_nobody_is_left_waiting_when_a_turn_ends(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await say(session, '{"ask":"p"}|{"question":"q"}|?')
        await until(session, "question.requested")
        await session.interrupt()
        await until(session, "turn.ended")
        assert [t for t in types(session) if t.endswith("resolved")] == ["permission.resolved", "question.resolved"]
        await session.answer(RejectQuestion(question_id="q"))
        with pytest.raises(AlreadyResolved):
            await session.answer(ReplyQuestion(question_id="q", answers=(("a",),)))


async def test_terminate_in_mid_turn_closes_everything_and_nothing_follows(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await say(session, '{"text":"a"}|{"ask":"p"}|?')
        await until(session, "permission.requested")
        await asyncio.gather(session.terminate(), session.terminate())
        assert types(session)[-3:] == ["permission.resolved", "turn.ended", "session.ended"]
        assert session.state == "ended"
        with pytest.raises(InvalidRequest, match="session terminated"):
            await say(session, "x")


async def test_an_agent_that_says_goodbye_ends_the_session(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        await say(session, '{"goodbye":1}|{"text":"too late"}')
        await until(session, "session.ended")
        assert types(session)[-2:] == ["turn.ended", "session.ended"]


async def test_a_client_that_gives_up_does_not_disturb_the_session(tmp_path: Path) -> None:
    async with running(tmp_path) as session:
        asking = asyncio.create_task(session.withdraw("nope"))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await say(session, '{"end":"completed"}')
        await until(session, "turn.ended")


CHAOS: list[Callable[[Session], Awaitable[object]]] = [
    lambda session: say(session, '{"text":"a"}|{"ask":"p1"}|?|{"end":"completed"}'),
    lambda session: say(session, "crash"),
    lambda session: say(session, '{"end":"error"}|{"text":"late"}|{"ask":"late"}'),
    lambda session: session.interrupt(),
    lambda session: session.interrupt(clear_queue=True),
    lambda session: session.answer(ReplyPermission(permission_id="p1", reply="once")),
]


@pytest.mark.parametrize("seed", range(12))
async def test_any_order_of_requests_gives_a_legal_log(tmp_path: Path, seed: int) -> None:
    async with running(tmp_path) as session:
        for step in range(30):
            ask = CHAOS[(seed * 7 + step * (seed + 3)) % len(CHAOS)]
            await asyncio.gather(ask(session), return_exceptions=True)
        await session.interrupt(clear_queue=True)
