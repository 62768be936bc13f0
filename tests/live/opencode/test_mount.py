"""The OpenCode-compatible mount beside a real OpenCode server: the same calls, answers of the same shape."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.contract.opencode import hearing
from tests.live.daemon import LiveDaemon
from tests.server.opencode.folding import GOLDEN, events_of, heard, new_fold

from sandbox_agent.server.opencode.routes import ROUTES
from sandbox_agent.testing import ScriptedModel, call, say

from .conftest import VERSION
from .real_server import RealServer, missing

QUERIES = {
    "/find": {"pattern": "hello"},
    "/find/file": {"query": "a"},
    "/find/symbol": {"query": "a"},
    "/file": {"path": "."},
    "/file/content": {"path": "a.txt"},
    "/experimental/tool": {"provider": "mock", "model": "mock"},
}


def itself(body: Any) -> Any:
    return body


LOOKS: dict[str, Callable[[Any], Any]] = {
    "/global/health": itself,
    "/path": itself,
    "/project": itself,
    "/project/current": itself,
    "/agent": itself,
    "/file": itself,
    "/file/content": itself,
    "/find/file": itself,
    "/experimental/capabilities": itself,
    "/experimental/console": itself,
    "/api/location": itself,
    "/api/agent": lambda body: {**body, "data": []},
    "/provider": lambda body: {**body, "default": {}, "all": [{**body["all"][0], "models": {}, "options": {}}]},
    "/config/providers": lambda body: next(iter(body["providers"][0]["models"].values())) | {"variants": {}},
}
"""What is compared of the answers: without names that are data."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("compared")
    (place / "a.txt").write_text("hello\n")
    return place


@pytest.fixture(scope="module")
def real(
    installed: Path, model: ScriptedModel, place: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealServer]:
    """The pinned OpenCode, as it is."""
    binary = installed / "agents" / "opencode" / VERSION / "bin" / "opencode"
    server = RealServer(binary, tmp_path_factory.mktemp("real"), place, model.env)
    yield server
    server.close()


@pytest.fixture
def theirs(real: RealServer, place: Path) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=real.url, params={"directory": str(place)}, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture
def ours(opencode_daemon: LiveDaemon, place: Path) -> Iterator[httpx.Client]:
    url, query = f"{opencode_daemon.url}/opencode", {"directory": str(place)}
    with httpx.Client(base_url=url, params=query, timeout=60, trust_env=False) as client:
        yield client


def test_what_can_be_looked_at_is_as_the_real_server_describes_it(real: RealServer, ours: httpx.Client) -> None:
    described = [
        route.path for route in ROUTES if route.method == "GET" and "get" in real.document["paths"].get(route.path, {})
    ]
    looked = [path for path in described if "{" not in path and not path.endswith("/event")]
    assert len(looked) > 40
    for path in looked:
        response = ours.get(path, params={**ours.params, **QUERIES.get(path, {})})
        assert response.status_code == 200, path
        real.check("GET", path, response.json())


@pytest.mark.parametrize("path", LOOKS)
def test_the_keys_of_theirs_are_in_ours(theirs: httpx.Client, ours: httpx.Client, path: str) -> None:
    look = LOOKS[path]
    found = [look(each.get(path, params={**each.params, **QUERIES.get(path, {})}).json()) for each in (theirs, ours)]
    if path == "/agent":  # theirs brings its own rules
        found = [[{**each, "permission": each["permission"][:1]} for each in body] for body in found]
    assert list(missing(*found)) == []


def test_sessions_and_messages_have_the_keys_of_theirs(
    theirs: httpx.Client, ours: httpx.Client, model: ScriptedModel, real: RealServer
) -> None:
    model.play([[say("hello")]])
    seen: list[dict[str, Any]] = []
    for client in (theirs, ours):
        session = client.post("/session", json={"title": "T"}).json()
        path = f"/session/{session['id']}"
        answer = client.post(f"{path}/message", json={"parts": [{"type": "text", "text": "hello"}]}).json()
        parts = {part["type"]: part for part in answer["parts"]}
        user = client.get(f"{path}/message").json()[0]
        renamed = client.patch(path, json={"title": "U"}).json()
        none = client.get("/session/ses_none")
        assert none.status_code == 404
        bad = client.post(f"{path}/message", json={}).json()
        seen.append(
            {
                "session": session,
                "info": answer["info"],
                "parts": parts,
                "user": user,
                "renamed": renamed,
                "none": none.json(),
                "bad": bad["data"]["message"],
            }
        )
        if client is ours:
            real.check("POST", "/session", session)
            real.check("POST", "/session/{sessionID}/message", answer)
            real.check("GET", "/session/{sessionID}/message", client.get(f"{path}/message").json())
    assert [each for each in missing(seen[0], seen[1]) if ".model.variant" not in each and ".summary" not in each] == []


@pytest.mark.anyio
async def test_events_are_as_the_real_server_describes_them(real: RealServer, opencode_daemon: LiveDaemon) -> None:
    async with (
        httpx.AsyncClient(base_url=opencode_daemon.url, timeout=60, trust_env=False) as client,
        hearing(client) as heard,
    ):
        session = (await client.post("/session", json={})).json()
        path = f"/session/{session['id']}/prompt_async"
        for count, text in enumerate(("markdown", "think", "tool", "subagent", "todo", "diff", "crash", "question"), 1):
            await client.post(path, json={"parts": [{"type": "text", "text": text}]})
            idles = [session["id"]] * count

            def rested(heard: Any, idles: list[str] = idles) -> bool:
                return [
                    each["sessionID"] for each in heard.of("session.idle") if each["sessionID"] == idles[0]
                ] == idles

            if text != "question":
                await heard.until(rested)
        asked = await heard.first("question.asked")
        await client.post(f"/question/{asked['id']}/reply", json={"answers": [["Blue"]]})
        await heard.first("question.replied")
        await client.delete(f"/session/{session['id']}")
        await heard.first("session.deleted")
    for event in heard.events:
        await asyncio.to_thread(real.check_event, event)
    assert len(set(heard.types)) > 12


def test_what_all_agents_ever_did_becomes_events_that_the_real_server_describes(real: RealServer) -> None:
    kinds: set[str] = set()
    shapes: set[str] = set()
    for path in GOLDEN:
        fold = new_fold()
        for news in (news for event in events_of(path) for news in heard(fold, event)):
            if (shape := f"{news.type} {sorted(_paths(news.properties))}") not in shapes:
                shapes.add(shape)
                kinds.add(news.type)
                real.check_event({"id": "evt_1", "type": news.type, "properties": news.properties})
    assert len(kinds) > 12


def _paths(value: Any, path: str = "") -> Iterator[str]:
    """The keys in a value, with the kind of what they hold: events alike in these are valid alike."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _paths(each, f"{path}.{name}")
    else:
        yield f"{path}:{type(value).__name__}"


@pytest.mark.anyio
async def test_configuration_is_passed_on_to_the_real_server(real: RealServer, installed: Path, tmp_path: Path) -> None:
    daemon = LiveDaemon(tmp_path / "home", installed, {"OPENCODE_COMPAT_PROXY_URL": real.url})
    try:
        async with httpx.AsyncClient(base_url=daemon.url, timeout=60, trust_env=False) as client:
            config = (await client.get("/opencode/config")).json()
            assert config["model"] == "scripted/first"
            assert "init" in [each["name"] for each in (await client.get("/command")).json()]
            assert (await client.get("/session")).json() == []
            assert (await client.post("/tui/open-help")).json() is True
    finally:
        daemon.close()


def test_the_real_agent_answers_a_client_of_the_mount(ours: httpx.Client, model: ScriptedModel) -> None:
    providers = ours.get("/config/providers").json()
    assert "opencode:scripted" in [each["id"] for each in providers["providers"]]
    model.play([[call("bash", {"command": "echo from the tool", "description": "Say it"})], [say("done")]])
    session = ours.post("/session", json={"permissionMode": "bypass"}).json()
    choice = {"providerID": "opencode:scripted", "modelID": "first"}
    parts = [{"type": "text", "text": "run it"}]
    answer = ours.post(f"/session/{session['id']}/message", json={"model": choice, "parts": parts}).json()
    tool = next(part for part in answer["parts"] if part["type"] == "tool")
    assert (tool["tool"], tool["state"]["status"]) == ("bash", "completed")
    assert "from the tool" in tool["state"]["output"]
    assert answer["info"]["providerID"] == "opencode:scripted"
    assert ours.delete(f"/session/{session['id']}").json() is True
