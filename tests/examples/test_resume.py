"""A daemon is killed in mid-turn; the conversation goes on in the next one, and the store has all of it."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from sandbox_agent import Event, SQLiteStore
from sandbox_agent.schema import grammar
from sandbox_agent.schema.events import decode_event
from sandbox_agent.stores import read
from sandbox_agent.testing import ScriptedModel, reply, say, stall

from .languages import Language, install_claude

pytestmark = [pytest.mark.anyio, pytest.mark.live]
PATIENCE = 90


@asynccontextmanager
async def running(language: Language, *arguments: str, env: Mapping[str, str]) -> AsyncGenerator[Process]:
    """An example that runs; it is gone at the end, whatever happened."""
    process = await asyncio.create_subprocess_exec(
        *language.command("resume", *arguments),
        stdout=PIPE,
        env=language.environ(**env),
        cwd=language.home,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def daemon_of(process: Process) -> psutil.Process:
    (daemon,) = (each for each in psutil.Process(process.pid).children() if "server" in each.cmdline())
    return daemon


async def written_down(home: Path, words: bytes) -> None:
    """Wait until the CLI has saved the conversation, which it does a little after it has spoken."""
    while not saved(home, words):  # noqa: ASYNC110 - somebody else's file gives no event
        await asyncio.sleep(0.02)


def saved(home: Path, words: bytes) -> bool:
    return any(words in path.read_bytes() for path in home.glob(".claude/projects/*/*.jsonl"))


async def test_claude_code_goes_on_natively_after_its_daemon_was_killed(language: Language, tmp_path: Path) -> None:
    with ScriptedModel([[say("half an "), stall("never")]]) as model:
        env = {**model.env, **install_claude()}
        async with (
            asyncio.timeout(PATIENCE),
            running(language, "claude", "kept", "count the trees", env=env) as process,
        ):
            assert process.stdout is not None
            assert await process.stdout.readuntil(b"half an ") == b"half an "
            await written_down(tmp_path, b"count the trees")
            daemon = daemon_of(process)
            everybody = [daemon, *daemon.children(recursive=True)]
            model.play([reply(say("the whole answer"))])
            daemon.kill()
            shown = (await process.stdout.read()).decode()
            assert await process.wait() == 0
        last = model.requests[-1]
    assert last.mentions("count the trees")
    assert last.prompt == "You were interrupted. Go on where you stopped."
    assert psutil.wait_procs(everybody, timeout=30)[1] == []
    assert shown.splitlines()[1:] == [
        "-- the daemon is gone, a new one goes on --",
        "the whole answer",
        "user (completed): count the trees",
        "assistant (in_progress): half an ",
        "user (completed): You were interrupted. Go on where you stopped.",
        "assistant (completed): the whole answer",
    ]
    kept_exactly_once(tmp_path / "kept")


def logs(path: Path) -> list[list[Event]]:
    """What is in the store of either language: a database, or a folder with a file for each log."""
    if path.is_dir():
        listed = [json.loads(line) for line in (path / "logs.jsonl").read_text().splitlines()]
        files = [path / entry["file"] for entry in listed]
        return [[decode_event(line) for line in file.read_text().splitlines()] for file in files]
    with SQLiteStore(path) as store:
        return [list(read(store, "work", log)) for log in store.logs("work")]


def kept_exactly_once(path: Path) -> None:
    """Two logs without gaps or repetitions, the second one of them whole, both of one native conversation."""
    first, second = logs(path)
    for events in (first, second):
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [event.type for event in first][-1] == "item.delta"
    # The store is a file in the agent's directory, so what has changed there may be told after the turn.
    assert [event.type for event in second if event.type != "diff.updated"][-1] == "turn.ended"
    grammar.check(second)
    assert native_ids(first) == native_ids(second)
    assert len(native_ids(first)) == 1


def native_ids(events: list[Event]) -> set[str]:
    return {event.native_session_id for event in events if event.native_session_id}
