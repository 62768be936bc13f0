"""What a session of Amp can be created with, and what goes wrong before it speaks."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import httpx
import pytest
from tests.live.daemon import PATIENCE, LiveDaemon, gone, running

from sandbox_agent.schema.events import DiffUpdated
from sandbox_agent.testing import call, say
from sandbox_agent.testing.amp import FAKE_AMP_KEY, ScriptedAmp

from .conftest import AmpDesk

pytestmark = pytest.mark.anyio
Daemons: TypeAlias = Callable[..., LiveDaemon]
SERVER = Path(__file__).parents[1] / "mcp_server.py"


@pytest.fixture
def at(amp_installed: Path, service: ScriptedAmp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemons]:
    """Daemons with another environment."""
    started: list[LiveDaemon] = []

    def start(home: Path | None = None, **env: str) -> LiveDaemon:
        wanted = {name: value for name, value in {**service.env, **env}.items() if value}
        started.append(LiveDaemon(home or tmp_path_factory.mktemp("daemon"), amp_installed, wanted))
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


async def test_a_server_that_does_not_work_is_told_and_the_turn_goes_on(desk: AmpDesk) -> None:
    broken = {"type": "local", "command": "/bin/false"}
    async with desk.talk([say("still here")], mcp={"broken": broken}) as talk:
        assert (await talk.turn("hi")).reason == "completed"
        assert talk.labels == ["mcp.failed"]
        assert talk.says == ["still here"]


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


async def test_a_thread_goes_on_at_another_level(desk: AmpDesk) -> None:
    async with desk.talk([say("one")], variant="low") as talk:
        await talk.turn("first")
        native = (await talk.detail())["nativeSessionId"]
    async with desk.talk([say("two")], variant="high", resume=native) as talk:
        await talk.turn("second")
        assert talk.says == ["two"]
        assert talk.model.requests[-1].model == "high"
        assert talk.model.requests[-1].prompts == ("first", "second")


async def test_threads_are_labelled(desk: AmpDesk, service: ScriptedAmp) -> None:
    async with desk.talk([say("hi")]) as talk:
        await talk.turn("go")
        assert service.labels((await talk.detail())["nativeSessionId"]) == ("sandbox-agent",)


async def test_without_a_key_the_turn_ends_at_once_and_nothing_is_started(desk: AmpDesk, at: Daemons) -> None:
    async with desk.at(at(AMP_API_KEY="")).talk() as talk:
        assert (await talk.turn("hi")).reason == "error"
        assert [error.code for error in talk.errors] == ["not_logged_in"]
        assert desk.agents() == []


async def test_a_key_that_a_login_has_stored_is_used(desk: AmpDesk, at: Daemons, tmp_path: Path) -> None:
    secrets = tmp_path / "home" / ".local" / "share" / "amp" / "secrets.json"
    secrets.parent.mkdir(parents=True)
    secrets.write_text(f'{{"apiKey@http://127.0.0.1/": "{FAKE_AMP_KEY}"}}')
    async with desk.at(at(tmp_path / "home", AMP_API_KEY="")).talk([say("welcome")]) as talk:
        assert (await talk.turn("hi")).reason == "completed"
        assert talk.says == ["welcome"]


async def test_a_daemon_that_is_killed_takes_the_agent_and_its_helper_along(desk: AmpDesk, at: Daemons) -> None:
    daemon = at()
    desk = desk.at(daemon)
    async with httpx.AsyncClient(base_url=daemon.url, timeout=PATIENCE, trust_env=False) as http:
        body = {"agent": "amp", "agentVersion": desk.version, "directory": str(desk.place)}
        await http.post("/v1/sessions/s", json=body)
        desk.model.play([[call("shell_command", {"command": "touch x"})]])
        await http.post("/v1/sessions/s/messages", json={"message": "go"})
        state = ""
        async with asyncio.timeout(PATIENCE):
            while state != "waiting":
                state = (await http.get("/v1/sessions/s")).json()["state"]
    (agent,) = desk.agents()
    line = agent.cmdline()
    folder = str(Path(line[line.index("--settings-file") + 1]).parent)
    assert running(folder)
    daemon.process.kill()
    await gone(folder)
    assert not (desk.place / "x").exists()


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
