"""What a session of Amp can be created with, and what goes wrong before it speaks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from tests.live.daemon import LiveDaemon

from sandbox_agent.schema.events import DiffUpdated
from sandbox_agent.testing import call, say
from sandbox_agent.testing.amp import ScriptedAmp

from .conftest import AmpDesk

pytestmark = pytest.mark.anyio
Daemons: TypeAlias = Callable[..., LiveDaemon]
SERVER = Path(__file__).parents[1] / "mcp_server.py"


@pytest.fixture
def at(amp_installed: Path, service: ScriptedAmp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemons]:
    """Daemons with another environment."""
    started: list[LiveDaemon] = []

    def start(**env: str) -> LiveDaemon:
        wanted = {name: value for name, value in {**service.env, **env}.items() if value}
        started.append(LiveDaemon(tmp_path_factory.mktemp("daemon"), amp_installed, wanted))
        return started[-1]

    yield start
    for daemon in started:
        daemon.close()


@pytest.mark.proves("MCP tools")
async def test_tools_of_a_server_of_the_session(desk: AmpDesk) -> None:
    tiny = {"type": "local", "command": sys.executable, "args": [str(SERVER)], "env": {"TINY": "tiny"}}
    script = [[call("mcp__tiny__echo", {"text": "hello"})], say("done")]
    async with desk.talk(script, mcp={"tiny": tiny}) as talk:
        await talk.send("echo")
        request = await talk.permission()
        assert request.action == "mcp__tiny__echo"
        await talk.permit(request)
        assert (await talk.ended()).reason == "completed"
        assert "hello tiny" in talk.result().output
        assert "mcp__tiny__echo" in talk.model.requests[-1].tools


@pytest.mark.proves("model variants")
@pytest.mark.parametrize(
    ("body", "mode"),
    [({}, "medium"), ({"agentMode": "high"}, "high"), ({"model": "amp-default", "variant": "ultra"}, "ultra")],
    ids=["as Amp chooses", "mode", "variant"],
)
async def test_the_level_of_effort(desk: AmpDesk, body: dict[str, str], mode: str) -> None:
    async with desk.talk([say("hi")], **body) as talk:
        await talk.turn("go")
        assert talk.model.requests[-1].model == mode


async def test_threads_are_labelled(desk: AmpDesk, service: ScriptedAmp) -> None:
    async with desk.talk([say("hi")]) as talk:
        await talk.turn("go")
        assert service.labels((await talk.detail())["nativeSessionId"]) == ("sandbox-agent",)


async def test_without_a_key_the_turn_ends_at_once_and_nothing_is_started(desk: AmpDesk, at: Daemons) -> None:
    async with desk.at(at(AMP_API_KEY="")).talk() as talk:
        assert (await talk.turn("hi")).reason == "error"
        assert [error.code for error in talk.errors] == ["not_logged_in"]
        assert desk.agents() == []


@pytest.mark.proves("error events")
async def test_a_key_that_is_refused_is_an_error_before_the_first_line(desk: AmpDesk, at: Daemons) -> None:
    async with desk.at(at(AMP_API_KEY="sgamp_user_wrong")).talk() as talk:
        assert (await talk.turn("hi")).reason == "error"
        assert [error.code for error in talk.errors] == ["authentication_failed"]
        assert (await talk.turn("again")).reason == "error"


async def test_a_service_that_is_not_there_is_an_error(desk: AmpDesk, at: Daemons) -> None:
    async with desk.at(at(AMP_URL="http://127.0.0.1:9")).talk() as talk:
        assert (await talk.turn("hi")).reason == "error"
        assert [error.code for error in talk.errors] == ["connection_failed"]


@pytest.mark.proves("session diff")
async def test_what_a_session_changed_is_told(desk: AmpDesk) -> None:
    create = call("create_file", {"path": str(desk.place / "a.txt"), "content": "a\n"})
    async with desk.talk([[create], say("done")], permissionMode="bypass") as talk:
        await talk.turn("go")
        told = await talk.nth(DiffUpdated)
        assert [(file.path, file.change, file.additions) for file in told.files] == [("a.txt", "added", 1)]
