"""What goes wrong around an agent costs one turn at most, whichever agent it is."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.live.daemon import PATIENCE, LiveDaemon, gone, there

from sandbox_agent import AsyncSandboxAgent, AsyncSession, PermissionRequested, TurnEnded
from sandbox_agent.testing import ScriptedModel, say, stall, when

from .conftest import NAMES, Stage, place_in
from .kinds import KINDS

pytestmark = pytest.mark.anyio

MARKS = {
    "amp": "--stream-json-input",
    "claude": "--input-format=stream-json",
    "codex": "app-server",
    "opencode": "serve",
}
"""What only the agent's own process has in its command line."""


def script(command: Any) -> list[Any]:
    return [when(r"^think \S+ \S+$", stall("never")), when("^run", [command], say("ran")), when("", *[say("fine")] * 5)]


def agents(stage: Stage) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for process in psutil.Process(stage.daemon.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if MARKS[stage.name] in process.cmdline():
                found.append(process)
    return found


async def until_agents(stage: Stage, *, there: bool) -> list[psutil.Process]:
    while bool(found := agents(stage)) != there:  # noqa: ASYNC110 - a process gives no event
        await asyncio.sleep(0.005)
    return found


async def kill(stage: Stage) -> None:
    for agent in await until_agents(stage, there=True):
        with contextlib.suppress(psutil.Error):
            agent.send_signal(signal.SIGKILL)


async def goes_on(session: AsyncSession, model: ScriptedModel, text: str) -> None:
    """The session answers, and the agent knows what was said first."""
    result = await session.send(text).wait()
    assert (result.reason, result.text) == ("completed", "fine"), result
    assert "remember this" in " ".join(model.requests[-1].prompts)


@pytest.mark.parametrize("stage", ["amp", "claude", "codex"], indirect=True)  # OpenCode, slow to start, has its own
async def test_an_agent_killed_in_any_phase_costs_the_turn_and_not_the_session(stage: Stage) -> None:
    async with asyncio.timeout(2 * PATIENCE):
        session = await stage.session(script(stage.command("touch here; sleep 7301; true")))
        assert (await session.send("remember this").wait()).text == "fine"

        turn = session.send("run")
        await turn
        await answered(session)
        await there("sleep 7301; true")
        await kill(stage)
        assert (await turn.wait()).reason == "agent_exited"
        await gone("sleep 7301; true")
        await goes_on(session, stage.model, "after the command")

        turn = session.send("run again")
        await turn
        await asked(session)
        await kill(stage)
        assert (await turn.wait()).reason == "agent_exited"
        assert (await session.info()).permissions == ()
        await goes_on(session, stage.model, "after the permission")

        words = f"think of {stage.place}"
        turn = session.send(words)
        await turn
        await stage.model.wait_for_async(lambda request: request.prompt == words, PATIENCE)
        await kill(stage)
        assert (await turn.wait()).reason == "agent_exited"
        await goes_on(session, stage.model, "after the thought")

        await kill(stage)
        await until_agents(stage, there=False)
        turn = session.send("while it starts")
        await turn
        await kill(stage)
        # What it did not take is given to another one.
        assert (await turn.wait()).reason in ("agent_exited", "completed")
        await goes_on(session, stage.model, "at last")


async def asked(session: AsyncSession) -> str:
    """What waits for an answer, as a client hears of it that comes and goes."""
    async for request in session.requests():
        assert isinstance(request, PermissionRequested)
        return request.permission_id
    raise AssertionError("nothing was asked")


async def answered(session: AsyncSession) -> None:
    await session.answer_permission(await asked(session), "once")


async def test_a_permission_waits_for_a_client_that_comes_later(stage: Stage) -> None:
    session = await stage.session(script(stage.command("echo yes > yes.txt")))
    async with asyncio.timeout(PATIENCE):
        async with AsyncSandboxAgent.connect(stage.daemon.url) as gone_client:
            await gone_client.session(session.id).send("run")
            first = await asked(gone_client.session(session.id))
        async with AsyncSandboxAgent.connect(stage.daemon.url) as later:
            again = later.session(session.id)
            assert await asked(again) == first
            await again.answer_permission(first, "once")
            async for event in again.stream():
                if isinstance(event.data, TurnEnded):
                    assert event.data.reason == "completed"
                    break
    assert [file.path for file in (await session.diff()).files] == ["yes.txt"]


async def test_of_two_sessions_at_once_one_is_interrupted_and_the_other_goes_on(stage: Stage) -> None:
    said = script(stage.command("true"))
    async with asyncio.timeout(PATIENCE):
        one, two = await stage.session(said), await stage.session(said)
        words = f"think in {stage.place}"
        slow = one.send(words)
        await slow
        await stage.model.wait_for_async(lambda request: request.prompt == words, PATIENCE)
        assert (await two.send("remember this").wait()).text == "fine"
        await one.interrupt()
        assert (await slow.wait()).reason == "interrupted"
        await goes_on(two, stage.model, "still there")
        assert (await one.send("and you").wait()).text == "fine"


@pytest.mark.parametrize("name", NAMES)
async def test_a_daemon_that_is_killed_leaves_nothing_and_its_successor_resumes(
    everything: Path, services: Mapping[str, ScriptedModel], tmp_path: Path, name: str
) -> None:
    model, kind, place = services[name], KINDS[name], place_in(tmp_path)
    model.play(script(kind.command("sleep 7302; true")))
    options: dict[str, Any] = {"agent": name, "directory": place, "permission_mode": "bypass", **kind.options}
    daemon = LiveDaemon(tmp_path / "home", everything, model.env)
    try:
        async with asyncio.timeout(PATIENCE), AsyncSandboxAgent.connect(daemon.url) as client:
            session = await client.create_session("first", **options)
            assert (await session.send("remember this").wait()).text == "fine"
            native = (await session.info()).native_session_id
            await session.send("run")
            await there("sleep 7302; true")
            daemon.process.kill()
            await gone("sleep 7302; true")
    finally:
        daemon.close()
    daemon = LiveDaemon(tmp_path / "home", everything, model.env)
    try:
        async with asyncio.timeout(PATIENCE), AsyncSandboxAgent.connect(daemon.url) as client:
            session = await client.create_session("second", resume=native, **options)
            await goes_on(session, model, "again")
    finally:
        daemon.close()


@pytest.mark.parametrize("stage", ["claude"], indirect=True)  # the others have a test of their own
async def test_a_hundred_turns_leave_processes_descriptors_and_memory_flat(stage: Stage) -> None:
    session = await stage.session([say("word")] * 101)
    daemon = psutil.Process(stage.daemon.process.pid)

    def held() -> tuple[int, int]:
        return len(daemon.children(recursive=True)), daemon.num_fds()

    async with asyncio.timeout(2 * PATIENCE):
        assert (await session.send("turn 0").wait()).text == "word"
        before, memory = held(), daemon.memory_info().rss
        for number in range(1, 101):
            assert (await session.send(f"turn {number}").wait()).text == "word"
        while any(now > then for now, then in zip(held(), before, strict=True)):  # noqa: ASYNC110 - no event either
            await asyncio.sleep(0.05)
    assert daemon.memory_info().rss - memory < 20 * 1024 * 1024
