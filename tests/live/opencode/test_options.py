"""What a session is created with reaches OpenCode, and nothing else does."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.live.daemon import PATIENCE, LiveDaemon, Talk

from sandbox_agent.schema.events import PermissionRequested
from sandbox_agent.testing import call, say, when

from .conftest import Outside
from .desk import OpenDesk

pytestmark = pytest.mark.anyio

MCP_SERVER = Path(__file__).parents[1] / "mcp_server.py"


async def ask(desk: OpenDesk, path: str) -> Any:
    async with httpx.AsyncClient(base_url=desk.daemon.url, timeout=PATIENCE, trust_env=False) as http:
        response = await http.get(path)
        assert response.is_success, response.text
        return response.json()


async def first_request(talk: Talk) -> Any:
    """What the model was asked in this session's own conversation."""
    native_id = (await talk.detail())["nativeSessionId"]
    return next(each for each in talk.model.requests if each.session_id == native_id)


async def test_models_are_named_with_their_provider_and_have_variants(desk: OpenDesk) -> None:
    models = await ask(desk, "/v1/agents/opencode/models")
    assert models["defaultModel"] in ("scripted/first", "scripted/second")
    first, second = models["models"]
    assert (first["id"], first["name"], first["variants"]) == ("scripted/first", "First", ["low", "medium", "high"])
    assert second["id"] == "scripted/second"
    assert "variants" not in second


@pytest.mark.proves("model variants")
async def test_the_model_and_its_variant_are_those_of_the_session(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([say("x")], model="scripted/first", variant="high") as talk:
        await talk.turn("go")
        request = await first_request(talk)
        assert (request.model, request.body["reasoning_effort"]) == ("first", "high")
    async with desk.talk([say("x")], model="scripted/second") as talk:
        await talk.turn("go")
        assert (await first_request(talk)).model == "second"


async def test_the_agent_is_listed_with_what_it_can_do(desk: OpenDesk) -> None:
    agents = {each["id"]: each for each in (await ask(desk, "/v1/agents"))["agents"]}
    opencode = agents["opencode"]
    assert (opencode["installed"], opencode["version"]) == (True, desk.version)
    assert opencode["capabilities"]["sharedProcess"]
    assert opencode["capabilities"]["permissions"]
    modes = (await ask(desk, "/v1/agents/opencode/modes"))["modes"]
    assert [mode["id"] for mode in modes] == ["build", "plan"]


@pytest.mark.parametrize("options", [{"agentMode": "plan"}, {"permissionMode": "plan"}])
async def test_the_planning_agent_may_not_edit(desk: OpenDesk, options: dict[str, str]) -> None:
    write = call("write", {"filePath": str(desk.place / "never.txt"), "content": "x"})
    async with desk.talk([[write], say("planned")], **{"permissionMode": "default", **options}) as talk:
        assert (await talk.turn("plan it")).reason == "completed"
        assert talk.of("tool_result")[0].status == "failed"
        assert not (desk.place / "never.txt").exists()
        assert talk.all(PermissionRequested) == []
        assert (await first_request(talk)).mentions("Plan mode is active")


async def test_an_agent_that_the_project_defines_is_a_mode(own_desk: OpenDesk) -> None:
    folder = own_desk.place / ".opencode" / "agent"
    folder.mkdir(parents=True)
    (folder / "pirate.md").write_text("---\ndescription: talks like one\nmode: primary\n---\nAlways say arr.\n")
    await own_desk.keep()
    async with own_desk.talk([say("arr")], agentMode="pirate") as talk:
        assert (await talk.turn("hello")).reason == "completed"
        assert (await first_request(talk)).mentions("Always say arr.")
    async with own_desk.talk([say("never")], agentMode="nobody") as talk:
        assert (await talk.turn("hello")).reason == "error"
        assert talk.errors[0].message.startswith("Agent not found")


@pytest.mark.proves("instructions")
async def test_instructions_reach_the_model(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([say("x")], instructions="Answer in verse, \u2028 please.") as talk:
        await talk.turn("go")
        assert (await first_request(talk)).mentions("Answer in verse, \u2028 please.")


@pytest.mark.proves("MCP tools")
async def test_a_session_has_its_own_tool_servers_and_no_other_has_them(desk: OpenDesk) -> None:
    place = desk.place / "elsewhere"
    place.mkdir()
    server = {
        "type": "local",
        "command": [sys.executable, str(MCP_SERVER)],
        "env": {"TINY": "tiny"},
        "cwd": str(place),
    }
    script = [when("echo", [call("tiny_echo", {"text": "hello"})], say("done")), say("no tools")]
    async with desk.talk(script, permissionMode="default", mcp={"tiny": server}) as talk:
        await talk.send("echo")
        request = await talk.permission()
        assert (request.action, request.metadata["always"]) == ("tiny_echo", "tiny_echo(*)")
        await talk.permit(request, "always")
        assert (await talk.ended()).reason == "completed"
        assert talk.result().output == f"hello tiny {place}"
        async with desk.talk(permissionMode="default") as other:
            await other.turn("hello")
            assert "tiny_echo" in (await first_request(talk)).tools
            assert "tiny_echo" not in (await first_request(other)).tools


async def test_headers_of_a_remote_server_come_from_the_environment(desk: OpenDesk, worldly_daemon: LiveDaemon) -> None:
    heads: asyncio.Queue[bytes] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.put_nowait(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 503 Not today\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    remote = {
        "type": "remote",
        "url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp",
        "envHeaders": {"X-Team": "TEAM_NAME"},
        "bearerTokenEnvVar": "TEAM_TOKEN",
    }
    async with server, desk.at(worldly_daemon).talk([say("hi")], mcp={"far": remote}) as talk:
        await talk.send("hello")
        async with asyncio.timeout(PATIENCE):
            head = (await heads.get()).decode().lower()
        assert "authorization: bearer sesame" in head
        assert "x-team: blue" in head
        assert (await talk.ended()).reason == "completed"


async def test_keys_of_model_providers_reach_it_and_those_of_others_and_ours_do_not(
    desk: OpenDesk, worldly_daemon: LiveDaemon
) -> None:
    command = "env | grep -o '^[A-Z_]*=' | sort"
    async with desk.at(worldly_daemon).talk(
        [[call("bash", {"command": command, "description": "d"})], say("x")]
    ) as talk:
        await talk.turn("go")
        names = set(talk.result().output.replace("=", "").split())
        assert {"GROQ_API_KEY", "ANTHROPIC_API_KEY", "TEAM_NAME"} <= names
        assert not names & {"AMP_API_KEY", "SANDBOX_AGENT_SECRET", "SANDBOX_AGENT_DATA_DIR"}


async def test_nothing_is_written_into_the_working_directory(own_desk: OpenDesk) -> None:
    await own_desk.keep()
    async with own_desk.talk([say("x")]) as talk:
        await talk.turn("go")
    assert list(own_desk.place.iterdir()) == []


async def test_nothing_leaves_the_machine(desk: OpenDesk, worldly_daemon: LiveDaemon, outside: Outside) -> None:
    async with desk.at(worldly_daemon).talk(
        [[call("bash", {"command": "true", "description": "d"})], say("x")]
    ) as talk:
        await talk.turn("go")
        assert talk.says == ["x"]
    assert outside.asked == []
