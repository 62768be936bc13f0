"""What a client does, once for both clients, against a real server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from sandbox_agent import (
    AlreadyResolved,
    AsyncSandboxAgent,
    AsyncSession,
    Attachment,
    Event,
    InvalidRequest,
    ItemCompleted,
    NotFound,
    PermissionReply,
    PermissionRequested,
    QuestionRequested,
    SessionAlreadyExists,
    SessionBusy,
    SessionEnded,
    SessionNotFound,
    TextPart,
    TokenInvalid,
    TurnEnded,
    TurnStarted,
    UnsupportedAgent,
)
from sandbox_agent.client.spawn import Daemon
from sandbox_agent.schema import grammar

pytestmark = pytest.mark.anyio


async def until(turn: object, kind: type[object]) -> Event:
    async for event in turn:  # type: ignore[attr-defined]
        if isinstance(event.data, kind):
            assert isinstance(event, Event)
            return event
    raise AssertionError(f"no {kind.__name__}")


async def test_a_turn_is_its_events_until_it_ends(session: AsyncSession) -> None:
    types = [event.type async for event in session.send("hello")]
    assert types[0] == "turn.started"
    assert types[-1] == "turn.ended"
    assert types.count("item.completed") == 2


async def test_waiting_for_a_turn_gives_its_result(session: AsyncSession) -> None:
    result = await session.send("usage").wait()
    assert (result.reason, result.text) == ("completed", "Counting tokens.")
    assert [item.role for item in result.items] == ["user", "assistant"]
    assert result.usage is not None
    assert result.usage.cost_usd == pytest.approx(0.0123)


async def test_a_queued_message_gives_only_its_own_turn(session: AsyncSession) -> None:
    await session.send("slow 20")
    turn = session.send("second")
    assert (await turn).delivery == "queued"
    events = [event async for event in turn]
    assert isinstance(events[0].data, TurnStarted)
    assert [event.data.turn_id for event in events if isinstance(event.data, TurnStarted | TurnEnded)] == ["turn_2"] * 2


async def test_a_message_that_is_withdrawn_has_no_turn(session: AsyncSession) -> None:
    await session.send("slow 100000")
    first, second = session.send("first"), session.send("second")
    delivered = await first
    await second
    assert [waiting.message for waiting in (await session.queue()).messages] == ["first", "second"]
    await session.withdraw(delivered.message_id)
    await session.interrupt()
    async with asyncio.timeout(30):
        assert (await first.wait()).reason == "withdrawn"
        assert (await second.wait()).reason == "completed"
    with pytest.raises(NotFound):
        await session.withdraw(delivered.message_id)


async def test_a_withdrawn_message_ends_even_when_nothing_follows(session: AsyncSession) -> None:
    await session.send("slow 100000")
    turn = session.send("never")
    await turn
    await session.interrupt(clear_queue=True)
    async with asyncio.timeout(30):
        assert (await turn.wait()).reason == "withdrawn"


async def test_a_busy_session_can_refuse_a_message(session: AsyncSession) -> None:
    await session.send("slow 100000")
    with pytest.raises(SessionBusy):
        await session.send("now", delivery="reject")
    await session.interrupt()


async def test_an_interrupted_turn_says_so(session: AsyncSession) -> None:
    turn = session.send("slow 100000")
    await until(turn, TurnStarted)
    await session.interrupt()
    async with asyncio.timeout(30):
        assert (await turn.wait()).reason == "interrupted"
    assert (await session.send("still here").wait()).text == "still here"


async def test_a_crash_of_the_agent_ends_the_turn_not_the_session(session: AsyncSession) -> None:
    assert (await session.send("crash").wait()).reason == "agent_exited"
    assert (await session.send("again").wait()).text == "again"


async def test_callbacks_answer_permissions(session: AsyncSession) -> None:
    asked: list[PermissionRequested] = []

    async def answer(request: PermissionRequested) -> PermissionReply:
        asked.append(request)
        return "once" if len(asked) == 1 else "reject"

    result = await session.send("permission", on_permission=answer).wait()
    assert [request.action for request in asked] == ["command_execution", "file_change"]
    assert "rejected" in result.text


async def test_callbacks_may_be_plain_functions(session: AsyncSession) -> None:
    result = await session.send("permission", on_permission=lambda _: "once").wait()
    assert "accepted once" in result.text


async def test_a_permission_that_a_rule_answers_is_not_asked_about(session: AsyncSession) -> None:
    asked: list[str] = []

    def always(request: PermissionRequested) -> PermissionReply:
        asked.append(request.permission_id)
        return "always"

    await session.send("permission", on_permission=always).wait()
    await session.send("permission", on_permission=always).wait()
    # The command is the same again, the file is another one.
    assert asked == ["mock_1_permission", "mock_1_permission_denied", "mock_2_permission_denied"]
    assert [event async for event in session.send("hello", on_permission=always)]


async def test_callbacks_answer_questions_all_at_once_or_refuse(session: AsyncSession) -> None:
    def answer(request: QuestionRequested) -> list[list[str]]:
        assert [question.multi_select for question in request.questions] == [False, True]
        return [["Blue"], ["Apple", "Plum"]]

    result = await session.send("multi", on_question=answer).wait()
    assert "Apple" in result.text
    assert "Plum" in result.text
    refused = await session.send("plan", on_question=lambda _: False).wait()
    assert "rejected" in refused.text


async def test_a_callback_can_leave_the_answer_to_somebody_else(session: AsyncSession) -> None:
    turn = session.send("plan", on_question=lambda _: None)
    event = await until(turn, QuestionRequested)
    assert isinstance(event.data, QuestionRequested)
    assert (await session.info()).state == "waiting"
    await session.reply_question(event.data.question_id, "approve")
    async with asyncio.timeout(30):
        assert "approve" in (await turn.wait()).text


async def test_answers_can_be_given_while_the_events_are_read(session: AsyncSession) -> None:
    async with asyncio.timeout(30):
        async for event in session.send("permission"):
            match event.data:
                case PermissionRequested(permission_id=permission_id):
                    await session.answer_permission(permission_id, "once")
                    await session.answer_permission(permission_id, "once")
                    with pytest.raises(AlreadyResolved):
                        await session.answer_permission(permission_id, "reject")
                case _:
                    pass


async def test_a_stream_is_the_whole_log_and_ends_with_the_session(session: AsyncSession) -> None:
    await session.send("markdown").wait()
    await session.terminate()
    events = [event async for event in session.stream()]
    grammar.check(events)
    assert isinstance(events[-1].data, SessionEnded)
    later = [event async for event in session.stream(offset=4)]
    assert later == events[4:]
    assert [event async for event in session.stream(offset=events[-1].sequence)] == []


async def test_a_stream_goes_on_live(session: AsyncSession) -> None:
    async with session.stream() as stream, asyncio.timeout(30):
        await session.send("hello")
        await until(stream, TurnEnded)
        await session.send("more")
        assert (await until(stream, TurnStarted)).sequence > 5


async def test_pages_of_the_history_hold_typed_events(session: AsyncSession) -> None:
    await session.send("hello").wait()
    page = await session.events(offset=1, limit=3)
    assert [event.sequence for event in page.events] == [2, 3, 4]
    assert page.has_more
    assert isinstance(page.events[0].data, TurnStarted)
    raw = await session.events(include_raw=True)
    assert any(event.raw for event in raw.events)


async def test_the_transcript_is_every_item_with_its_final_content(session: AsyncSession) -> None:
    await session.send("flood 30").wait()
    await session.send("tool").wait()
    completed = [event.data.item async for event in session.send("hello") if isinstance(event.data, ItemCompleted)]
    items = await session.messages()
    assert items[-2:] == tuple(completed)
    assert len({item.item_id for item in items}) == len(items)
    assert all(item.status != "in_progress" for item in items)


async def test_the_transcript_holds_what_was_said_of_an_open_item(session: AsyncSession) -> None:
    turn = session.send("slow 100000")
    async for event in turn:
        if event.type == "item.delta":
            break
    words = (await session.messages())[-1].content[0]
    assert isinstance(words, TextPart)
    assert words.text.startswith("word 1 ")
    await session.interrupt()


@pytest.mark.parametrize(
    "text", ["line\u2028separator\u2029and\x85more", "tabs\tand\r\nbreaks", "😀" * 2000, "nul\x00"]
)
async def test_every_character_of_a_text_arrives(session: AsyncSession, text: str) -> None:
    result = await session.send("! " + text).wait()
    assert result.text == "! " + text


@pytest.mark.parametrize("session_id", ["a/b", "ü 😀", "100%", "?x=1#y", ".", "..", "a b+c"])
async def test_any_id_can_name_a_session(client: AsyncSandboxAgent, session_id: str) -> None:
    session = await client.create_session(session_id, agent="mock")
    assert (await session.info()).session_id == session_id
    assert (await session.send("hi").wait()).text == "hi"
    await client.delete_session(session_id)
    with pytest.raises(SessionNotFound):
        await client.session(session_id).info()


async def test_every_error_of_the_server_has_its_class(client: AsyncSandboxAgent, session: AsyncSession) -> None:
    with pytest.raises(SessionNotFound) as missing:
        await client.get_session("nobody")
    assert (missing.value.status, missing.value.session_id) == (404, "nobody")
    with pytest.raises(SessionAlreadyExists):
        await client.create_session(session.id, agent="mock")
    with pytest.raises(UnsupportedAgent):
        await client.create_session("other", agent="nobody")
    with pytest.raises(InvalidRequest, match="unknown permission id: nothing"):
        await session.answer_permission("nothing", "once")
    with pytest.raises(InvalidRequest):
        await session.send("hello", attachments=["not/there.txt"])
    await session.terminate()
    with pytest.raises(InvalidRequest, match="session terminated"):
        await session.send("hello")


async def test_a_wrong_token_is_refused(daemon: Daemon) -> None:
    async with AsyncSandboxAgent.connect(daemon.base_url, token="wrong") as client:
        await client.health()
        with pytest.raises(TokenInvalid):
            await client.list_sessions()


async def test_files_go_along(session: AsyncSession, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    path = str(tmp_path / "notes.txt")
    result = await session.send("echo see", attachments=[tmp_path / "notes.txt", Attachment(path=path)]).wait()
    assert result.reason == "completed"
    assert path in json.dumps(
        [part.text for item in result.items for part in item.content if isinstance(part, TextPart)]
    )


async def test_every_other_endpoint_answers(client: AsyncSandboxAgent, session: AsyncSession) -> None:
    assert (await client.health()).status == "ok"
    assert "mock" in {agent.id for agent in (await client.list_agents()).agents}
    await client.install_agent("mock")
    assert {mode.id for mode in (await client.agent_modes("mock")).modes} >= {"build", "plan"}
    assert (await client.agent_models("mock")).default_model == "mock"
    assert session.id in {each.session_id for each in (await client.list_sessions()).sessions}
    assert (await client.openapi())["openapi"].startswith("3.1")
    await session.clear_queue()
    await session.delete()


async def test_a_session_tells_what_has_changed(client: AsyncSandboxAgent, kind: str, tmp_path: Path) -> None:
    session = await client.create_session(f"diff {kind}", agent="mock", directory=tmp_path)
    (tmp_path / "new.txt").write_text("new\n")
    diff = await session.diff()
    assert [(file.path, file.change) for file in diff.files] == [("new.txt", "added")]
    assert diff.diff.endswith("+new\n")


async def test_requests_are_those_that_wait_and_then_those_that_come_each_once(session: AsyncSession) -> None:
    await session.send("permission")
    async with asyncio.timeout(30), session.stream() as stream:
        await until(stream, PermissionRequested)
    asked: list[str] = []
    async with asyncio.timeout(30), session.requests() as requests:
        async for request in requests:
            match request:
                case PermissionRequested(permission_id=key):
                    asked.append(key)
                    await session.answer_permission(key, "reject" if len(asked) == 2 else "once")
                    if len(asked) == 2:
                        await session.send("plan")
                case QuestionRequested(question_id=key):
                    asked.append(key)
                    await session.reject_question(key)
                    break
    assert asked == ["mock_1_permission", "mock_1_permission_denied", "mock_2_plan"]


async def test_requests_end_with_the_session_and_leave_out_what_is_answered(session: AsyncSession) -> None:
    await session.send("permission", on_permission=lambda _: "once").wait()
    async with asyncio.timeout(30), session.requests() as requests:
        await session.terminate()
        assert [request async for request in requests] == []


async def test_an_installation_tells_how_far_it_is(client: AsyncSandboxAgent) -> None:
    steps = [step.state async for step in client.follow_install("mock")]
    assert steps == ["done"]
    assert "sandbox_agent_sessions" in await client.metrics()
