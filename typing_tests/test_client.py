"""What type checkers see of the clients; checked, never run."""

from __future__ import annotations

from typing import Any, assert_type

from sandbox_agent import (
    AgentList,
    AsyncSandboxAgent,
    AsyncSession,
    ContentPart,
    Delivered,
    Event,
    EventPage,
    Item,
    ItemCompleted,
    ItemDelta,
    PermissionReply,
    PermissionRequested,
    PostgresStore,
    QuestionRequested,
    Queue,
    SandboxAgent,
    SandboxAgentError,
    Session,
    SessionDetail,
    SessionDiff,
    SessionNotFound,
    SQLiteStore,
    Store,
    TextPart,
    ToolCallPart,
    Turn,
    TurnEnded,
    TurnResult,
)


def blocking() -> None:
    with SandboxAgent.connect("http://127.0.0.1:2468", token="t") as client:
        assert_type(client, SandboxAgent)
        assert_type(client.list_agents(), AgentList)
        assert_type(client.openapi(), dict[str, Any])
        session = client.create_session("id", agent="claude", permission_mode="plan")
        assert_type(session, Session)
        assert_type(session.info(), SessionDetail)
        assert_type(session.events(offset=3, limit=10), EventPage)
        assert_type(session.queue(), Queue)
        assert_type(session.diff(), SessionDiff)
        assert_type(session.messages(), tuple[Item, ...])
        turn = session.send("hello")
        assert_type(turn, Turn)
        assert_type(turn.delivered, Delivered)
        assert_type(turn.wait(), TurnResult)
        for event in session.send("hello", on_permission=lambda _: "once", on_question=lambda _: [["Blue"]]):
            assert_type(event, Event)
        for event in session.stream(offset=3):
            narrowing(event)
        for request in session.requests():
            assert_type(request, PermissionRequested | QuestionRequested)
        assert_type(client.files.read("path"), bytes)
        with session.files.stream("path") as pieces, session as same:
            assert_type(b"".join(pieces), bytes)
            assert_type(same, Session)


def keeping(store: Store) -> None:
    SandboxAgent.connect("unix:/run/agent.sock", store=store).session("s").stream(offset="stored")
    AsyncSandboxAgent.start(store=SQLiteStore(":memory:"))
    AsyncSandboxAgent.start(store=PostgresStore("dbname=x"))


async def asynchronous() -> None:
    async with AsyncSandboxAgent.start() as client:
        assert_type(await client.list_agents(), AgentList)
        session = await client.create_session("id", agent="claude")
        assert_type(session, AsyncSession)
        assert_type(await session.info(), SessionDetail)
        assert_type(await session.messages(), tuple[Item, ...])
        assert_type(await session.send("hello"), Delivered)
        assert_type(await session.send("hello").wait(), TurnResult)

        async def answer(request: PermissionRequested) -> PermissionReply:
            return "always" if request.action == "Bash" else "reject"

        async for event in session.send("hello", on_permission=answer):
            assert_type(event, Event)


def narrowing(event: Event) -> None:
    match event.data:
        case ItemDelta(delta=text):
            assert_type(text, str)
        case ItemCompleted(item=item):
            assert_type(item, Item)
            for part in item.content:
                parts(part)
        case PermissionRequested(permission_id=permission_id):
            assert_type(permission_id, str)
        case QuestionRequested() as question:
            assert_type(question, QuestionRequested)
        case TurnEnded(exit_code=exit_code):
            assert_type(exit_code, int | None)
        case _:
            pass


def parts(part: ContentPart) -> str:
    match part:
        case TextPart(text=text):
            return text
        case ToolCallPart() as call:
            return assert_type(call.name, str)
        case _:
            return ""


def errors(client: SandboxAgent) -> None:
    try:
        client.get_session("nobody")
    except SessionNotFound as error:
        assert_type(error.session_id, str | None)
    except SandboxAgentError:
        pass


def misuse(client: SandboxAgent) -> None:
    client.create_session("id")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.create_session("id", agent=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    session = client.session("id")
    session.answer_permission("p", "perhaps")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    session.interrupt(clear=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
