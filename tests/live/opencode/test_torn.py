"""The event stream breaks while the server lives: what was missed is asked for, and nothing is told twice."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.live.daemon import PATIENCE, LiveDaemon, Talk

from sandbox_agent.schema.content import streamed_text
from sandbox_agent.schema.events import ItemDelta
from sandbox_agent.testing import ScriptedModel, call, say, stall

from .conftest import VERSION
from .desk import OpenDesk

pytestmark = pytest.mark.anyio

CUTTER = Path(__file__).with_name("cutter.py")


@pytest.fixture(scope="module")
def torn_daemon(
    installed: Path, model: ScriptedModel, record: Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveDaemon]:
    """A daemon whose servers are behind a proxy."""
    home = tmp_path_factory.mktemp("torn")
    real = installed / "agents" / "opencode" / VERSION / "bin" / "opencode"
    wrapper = home / "opencode"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{CUTTER}" "{real}" "$@"\n')
    wrapper.chmod(0o755)
    daemon = LiveDaemon(home / "home", installed, {**model.env, "SANDBOX_AGENT_OPENCODE_BIN": str(wrapper)}, record)
    yield daemon
    daemon.close()


@pytest.fixture
def torn(desk: OpenDesk, torn_daemon: LiveDaemon) -> OpenDesk:
    """A desk at which connections can be cut."""
    return desk.at(torn_daemon)


def cutters(desk: OpenDesk) -> Iterator[psutil.Process]:
    for process in desk.processes():
        with contextlib.suppress(psutil.Error):
            if str(CUTTER) in process.cmdline():
                yield process


async def cut(desk: OpenDesk, talk: Talk) -> None:
    """Break the connections, and wait until they are broken."""
    (cutter,) = cutters(desk)
    cutter.send_signal(signal.SIGUSR1)
    async with asyncio.timeout(PATIENCE):
        while any(each.status == psutil.CONN_ESTABLISHED for each in cutter.net_connections("tcp")):
            await talk.detail()


def mend(desk: OpenDesk) -> None:
    (cutter,) = cutters(desk)
    cutter.send_signal(signal.SIGUSR2)


async def test_what_was_said_meanwhile_is_asked_for(torn: OpenDesk) -> None:
    async with torn.talk([[say("half "), stall("door"), say("whole")], say("fresh")]) as talk:
        await talk.send("go")
        await talk.nth(ItemDelta)
        await cut(torn, talk)
        talk.model.release("door")
        mend(torn)
        assert (await talk.ended()).reason == "completed"
        assert talk.says == ["half whole"]
        assert "".join(data.delta for data in talk.all(ItemDelta)) == "half whole"
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["half whole", "fresh"]


async def test_a_whole_turn_that_nobody_heard_is_told_afterwards(torn: OpenDesk) -> None:
    mark = torn.place / "done"
    script = [
        [call("bash", {"command": f"sleep 0.5; echo out; touch '{mark}'", "description": "d"})],
        [say("the end")],
    ]
    async with torn.talk(script) as talk:
        await talk.send("go")
        await talk.reads(lambda: bool(talk.of("tool_call")))
        await cut(torn, talk)
        await talk.model.wait_for_async(lambda each: bool(each.tool_results) and each.mentions(str(mark)))
        mend(torn)
        assert (await talk.ended()).reason == "completed"
        assert talk.says == ["the end"]
        assert [streamed_text(item) for item in talk.of("tool_result")] == ["out\n"]
        assert talk.errors == []


async def test_a_permission_that_was_asked_for_meanwhile_can_be_answered(torn: OpenDesk) -> None:
    script = [[stall("door"), call("bash", {"command": "touch asked", "description": "d"})], say("done")]
    async with torn.talk(script, permissionMode="default") as talk:
        await talk.send("unheard permission")
        await talk.model.wait_for_async(lambda each: each.prompt == "unheard permission" and each.kind == "turn")
        await cut(torn, talk)
        talk.model.release("door")
        mend(torn)
        await talk.permit(await talk.permission())
        assert (await talk.ended()).reason == "completed"
        assert (torn.place / "asked").exists()
