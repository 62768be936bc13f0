"""What every method of both clients gives, for type checkers; a test holds that none is missing here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, assert_type

from sandbox_agent import (
    AgentList,
    AsyncFiles,
    AsyncOnPermission,
    AsyncOnQuestion,
    AsyncSandboxAgent,
    AsyncSession,
    AsyncTurn,
    Delivered,
    EventPage,
    Files,
    FsEntry,
    FsMoved,
    FsPath,
    FsStat,
    FsUnpacked,
    FsWritten,
    Health,
    InstallProgress,
    Item,
    ModeList,
    ModelList,
    OnPermission,
    OnQuestion,
    Queue,
    Readiness,
    Request,
    SandboxAgent,
    Session,
    SessionDetail,
    SessionDiff,
    SessionList,
    Turn,
    TurnResult,
)


def client(client: SandboxAgent) -> None:
    assert_type(SandboxAgent.connect("http://127.0.0.1:2468"), SandboxAgent)
    assert_type(SandboxAgent.start(socket="agent.sock", log="inherit"), SandboxAgent)
    assert_type(client.health(), Health)
    assert_type(client.ready(), Readiness)
    assert_type(client.wait_until_ready("mock", timeout=1), Readiness)
    assert_type(client.openapi(), dict[str, Any])
    assert_type(client.metrics(), str)
    assert_type(client.list_agents(), AgentList)
    assert_type(client.agent_modes("mock"), ModeList)
    assert_type(client.agent_models("mock"), ModelList)
    client.install_agent("mock", reinstall=True)
    for step in client.follow_install("mock"):
        assert_type(step, InstallProgress)
    assert_type(client.list_sessions(), SessionList)
    assert_type(client.create_session("s", agent="mock"), Session)
    assert_type(client.get_session("s"), SessionDetail)
    assert_type(client.session("s"), Session)
    client.delete_session("s")
    assert_type(client.files, Files)
    assert_type(client.base_url, str)
    assert_type(client.token, str | None)
    client.close()


def session(session: Session, on_permission: OnPermission, on_question: OnQuestion) -> None:
    assert_type(session.send("hello", on_permission=on_permission, on_question=on_question), Turn)
    assert_type(session.info(), SessionDetail)
    assert_type(session.events(include_raw=True), EventPage)
    assert_type(session.messages(), tuple[Item, ...])
    assert_type(session.queue(), Queue)
    assert_type(session.diff(), SessionDiff)
    assert_type(session.files, Files)
    assert_type(session.fork("other"), Session)
    session.withdraw("message")
    session.clear_queue()
    session.interrupt(clear_queue=True)
    session.answer_permission("p", "always", message="go on")
    session.reply_question("q", [["Blue"], ["Apple", "Plum"]])
    session.reject_question("q")
    session.terminate()
    session.delete()
    with session.stream(offset=3, on_permission=on_permission) as events, session.requests() as requests:
        events.close()
        for request in requests:
            assert_type(request, Request)


def turn(turn: Turn) -> None:
    assert_type(turn.delivered, Delivered)
    with turn:
        assert_type(turn.wait(), TurnResult)


def files(files: Files, path: Path) -> None:
    assert_type(files.entries("."), tuple[FsEntry, ...])
    assert_type(files.read("a"), bytes)
    files.download("a", path)
    with files.stream("a") as pieces:
        for piece in pieces:
            assert_type(piece, bytes)
    assert_type(files.stat("a"), FsStat)
    assert_type(files.write("a", path), FsWritten)
    assert_type(files.mkdir("d"), FsPath)
    assert_type(files.move("a", "b"), FsMoved)
    assert_type(files.delete("d", recursive=True), FsPath)
    assert_type(files.unpack(path, "d"), FsUnpacked)


async def asynchronous_client(client: AsyncSandboxAgent) -> None:
    assert_type(AsyncSandboxAgent.connect("unix:/run/agent.sock"), AsyncSandboxAgent)
    assert_type(AsyncSandboxAgent.start(cwd="/srv"), AsyncSandboxAgent)
    assert_type(await client.health(), Health)
    assert_type(await client.ready(), Readiness)
    assert_type(await client.wait_until_ready("mock", timeout=1), Readiness)
    assert_type(await client.openapi(), dict[str, Any])
    assert_type(await client.metrics(), str)
    assert_type(await client.list_agents(), AgentList)
    assert_type(await client.agent_modes("mock"), ModeList)
    assert_type(await client.agent_models("mock"), ModelList)
    await client.install_agent("mock", reinstall=True)
    async for step in client.follow_install("mock"):
        assert_type(step, InstallProgress)
    assert_type(await client.list_sessions(), SessionList)
    assert_type(await client.create_session("s", agent="mock"), AsyncSession)
    assert_type(await client.get_session("s"), SessionDetail)
    assert_type(client.session("s"), AsyncSession)
    await client.delete_session("s")
    assert_type(client.files, AsyncFiles)
    assert_type(client.base_url, str)
    assert_type(client.token, str | None)
    await client.close()


async def asynchronous_session(
    session: AsyncSession, on_permission: AsyncOnPermission, on_question: AsyncOnQuestion
) -> None:
    turn = session.send("hello", on_permission=on_permission, on_question=on_question)
    await asynchronous_turn(turn)
    assert_type(await session.info(), SessionDetail)
    assert_type(await session.events(include_raw=True), EventPage)
    assert_type(await session.messages(), tuple[Item, ...])
    assert_type(await session.queue(), Queue)
    assert_type(await session.diff(), SessionDiff)
    assert_type(session.files, AsyncFiles)
    assert_type(await session.fork("other"), AsyncSession)
    await session.withdraw("message")
    await session.clear_queue()
    await session.interrupt(clear_queue=True)
    await session.answer_permission("p", "always", message="go on")
    await session.reply_question("q", [["Blue"], ["Apple", "Plum"]])
    await session.reject_question("q")
    await session.terminate()
    await session.delete()
    async with session.stream(offset=3, on_permission=on_permission) as events, session.requests() as requests:
        await events.close()
        async for request in requests:
            assert_type(request, Request)


async def asynchronous_turn(turn: AsyncTurn) -> None:
    assert_type(await turn, Delivered)
    async with turn:
        assert_type(await turn.wait(), TurnResult)


async def asynchronous_files(files: AsyncFiles, path: Path) -> None:
    assert_type(await files.entries("."), tuple[FsEntry, ...])
    assert_type(await files.read("a"), bytes)
    await files.download("a", path)
    async with files.stream("a") as pieces:
        async for piece in pieces:
            assert_type(piece, bytes)
    assert_type(await files.stat("a"), FsStat)
    assert_type(await files.write("a", path), FsWritten)
    assert_type(await files.mkdir("d"), FsPath)
    assert_type(await files.move("a", "b"), FsMoved)
    assert_type(await files.delete("d", recursive=True), FsPath)
    assert_type(await files.unpack(path, "d"), FsUnpacked)


def callbacks(asynchronous: AsyncOnPermission, blocking: OnPermission) -> tuple[AsyncOnPermission, OnPermission]:
    """The asynchronous client takes both kinds; the blocking one cannot await."""
    return blocking, asynchronous  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


def descriptors(blocking: SandboxAgent, asynchronous: AsyncSandboxAgent) -> None:
    """Methods made of calls have the signatures of functions."""
    get: Callable[[str], SessionDetail] = blocking.get_session
    fetch: Callable[[str], Awaitable[SessionDetail]] = asynchronous.get_session
    del get, fetch
