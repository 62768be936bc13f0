"""The shapes of bodies, field by field: section 2."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.anyio
ONE = "/v1/sessions/s"
CREATE: dict[str, Any] = {
    "agentMode": "plan",
    "permissionMode": "plan",
    "model": "mock",
    "variant": "high",
    "agentVersion": "1.0",
    "directory": ".",
    "title": "T",
    "mcp": {"m": {"type": "local", "command": "run"}},
    "skills": {"sources": []},
}
SHOWN_NOT = {"agentVersion", "skills"}
"""What is not told again; skills only where there are some."""


@pytest.mark.parametrize("field", CREATE)
async def test_create_session_request(running: Any, field: str) -> None:
    for session_id, value in (("s", CREATE[field]), ("null", None)):
        await running.create(session_id, **{field: value})
    shown = (await running.client.get(ONE)).json()
    assert field in SHOWN_NOT or shown[field] == CREATE[field]


@pytest.mark.parametrize("field", ["agent", *CREATE])
async def test_create_session_request_of_another_shape_is_422_and_names_the_field(running: Any, field: str) -> None:
    response = await running.client.post(ONE, json={"agent": "mock", field: 1})
    assert (response.status_code, f"$.{field}" in response.json()["detail"]) == (422, True)


async def test_create_session_request_agent_is_required(running: Any) -> None:
    response = await running.client.post(ONE, json={})
    assert (response.status_code, "`agent`" in response.json()["detail"]) == (422, True)


async def test_create_session_response_healthy_and_no_error(running: Any) -> None:
    response = await running.client.post(ONE, json={"agent": "mock"})
    assert response.json() == {"healthy": True, "nativeSessionId": "mock-s"}


@pytest.mark.parametrize("agent", ["claude", "amp"])
async def test_create_session_response_native_session_id_is_omitted_while_unknown(serve: Any, agent: str) -> None:
    async with serve(environ={f"SANDBOX_AGENT_{agent.upper()}_BIN": "/bin/true"}) as running:
        assert (await running.client.post(ONE, json={"agent": agent})).json() == {"healthy": True}
        assert (await running.client.get(ONE)).json()["nativeSessionId"] is None


async def test_message_request_message_is_required_and_may_be_empty(running: Any) -> None:
    await running.create()
    assert (await running.client.post(f"{ONE}/messages", json={})).status_code == 422
    assert (await running.say("")).status_code == 204
    assert (await running.until("turn.ended"))["data"]["reason"] == "completed"


@pytest.mark.parametrize("more", [{}, {"mime": "text/x-odd"}, {"filename": "b.txt"}, {"mime": None, "filename": None}])
async def test_message_request_attachments(running: Any, tmp_path: Path, more: dict[str, Any]) -> None:
    (tmp_path / "a.txt").write_text("x")
    await running.create()
    assert (await running.say("look", attachments=[{"path": "a.txt", **more}])).status_code == 204
    assert (await running.say("look", attachments=[more])).status_code == 422  # path is required


async def test_session_info_updated_at_moves_with_the_events(running: Any) -> None:
    await running.create()
    before = (await running.client.get(ONE)).json()["updatedAt"]
    async with running.patience():
        while (await running.client.get(ONE)).json()["updatedAt"] == before:
            await running.turn("hello")


async def test_agent_info_version_and_path_are_omitted_when_unknown(serve: Any) -> None:
    async with serve(environ={"PATH": "/nowhere"}) as running:
        agents = {each["id"]: each for each in (await running.client.get("/v1/agents")).json()["agents"]}
    assert (agents["claude"]["installed"], {"version", "path"} & set(agents["claude"])) == (False, set())
    assert (agents["mock"]["version"], "path" in agents["mock"]) == ("builtin", False)


async def test_agent_info_path_is_that_of_the_executable(serve: Any) -> None:
    async with serve(environ={"SANDBOX_AGENT_AMP_BIN": "/bin/true"}) as running:
        agents = {each["id"]: each for each in (await running.client.get("/v1/agents")).json()["agents"]}
    assert (agents["amp"]["installed"], agents["amp"]["path"]) == (True, "/bin/true")


MODIFIED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")


@pytest.mark.parametrize(("name", "kind", "size"), [("file.txt", "file", 4), ("folder", "directory", None)])
async def test_fs_entry_and_fs_stat(running: Any, tmp_path: Path, name: str, kind: str, size: int | None) -> None:
    (tmp_path / "file.txt").write_text("data")
    (tmp_path / "folder").mkdir()
    (entry,) = [each for each in (await running.client.get("/v1/fs/entries")).json() if each["name"] == name]
    stat = (await running.client.get(f"/v1/fs/stat?path={name}")).json()
    assert (entry["path"], entry["entryType"]) == (f"{tmp_path}/{name}", kind)
    assert size is None or entry["size"] == size
    assert MODIFIED.fullmatch(entry["modified"])
    assert stat == {key: value for key, value in entry.items() if key != "name"}


URL = "http://127.0.0.1:9/mcp"
HIDDEN = "[redacted]"
"""Where the 0.1.x server shows the secrets of a session again; ours does not."""
MCP: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "local": ({"type": "local", "command": "run"}, {"type": "local", "command": "run"}),
    "stdio": ({"type": "stdio", "command": "run"}, {"type": "local", "command": "run"}),
    "command of strings": ({"type": "local", "command": ["run", "a"]}, {"command": ["run", "a"]}),
    "args": ({"type": "local", "command": "run", "args": ["a", "b"]}, {"args": ["a", "b"]}),
    "env": ({"type": "local", "command": "run", "env": {"A": "b"}}, {"env": {"A": HIDDEN}}),
    "environment": ({"type": "local", "command": "run", "environment": {"A": "b"}}, {"env": {"A": HIDDEN}}),
    "enabled": ({"type": "local", "command": "run", "enabled": False}, {"enabled": False}),
    "timeoutMs": ({"type": "local", "command": "run", "timeoutMs": 7}, {"timeoutMs": 7}),
    "timeout": ({"type": "local", "command": "run", "timeout": 7}, {"timeoutMs": 7}),
    "cwd": ({"type": "local", "command": "run", "cwd": "/"}, {"cwd": "/"}),
    "remote": ({"type": "remote", "url": URL}, {"type": "remote", "url": URL}),
    "http": ({"type": "http", "url": URL}, {"type": "remote", "url": URL}),
    "headers": ({"type": "remote", "url": URL, "headers": {"A": "b"}}, {"headers": {"A": HIDDEN}}),
    "bearerTokenEnvVar": ({"type": "remote", "url": URL, "bearerTokenEnvVar": "T"}, {"bearerTokenEnvVar": "T"}),
    "bearer_token_env_var": ({"type": "remote", "url": URL, "bearer_token_env_var": "T"}, {"bearerTokenEnvVar": "T"}),
    "envHeaders": ({"type": "remote", "url": URL, "envHeaders": {"A": "B"}}, {"envHeaders": {"A": "B"}}),
    "envHttpHeaders": ({"type": "remote", "url": URL, "envHttpHeaders": {"A": "B"}}, {"envHeaders": {"A": "B"}}),
    "env_http_headers": ({"type": "remote", "url": URL, "env_http_headers": {"A": "B"}}, {"envHeaders": {"A": "B"}}),
    "oauth true": ({"type": "remote", "url": URL, "oauth": True}, {"oauth": True}),
    "oauth false": ({"type": "remote", "url": URL, "oauth": False}, {"oauth": False}),
    "oauth object": (
        {"type": "remote", "url": URL, "oauth": {"clientId": "x", "clientSecret": "y", "scope": "z"}},
        {"oauth": {"clientId": "x", "clientSecret": HIDDEN, "scope": "z"}},
    ),
    "remote enabled": ({"type": "remote", "url": URL, "enabled": True}, {"enabled": True}),
    "remote timeout": ({"type": "remote", "url": URL, "timeout": 7}, {"timeoutMs": 7}),
    "transport http": ({"type": "remote", "url": URL, "transport": "http"}, {"transport": "http"}),
    "transport sse": ({"type": "remote", "url": URL, "transport": "sse"}, {"transport": "sse"}),
}


@pytest.mark.parametrize("field", MCP)
async def test_mcp_server_config(running: Any, field: str) -> None:
    sent, told = MCP[field]
    await running.create("s", mcp={"m": sent})
    shown = (await running.client.get(ONE)).json()["mcp"]["m"]
    assert {key: shown.get(key) for key in told} == told
    assert set(shown) == {*told, "type", "command" if "command" in sent else "url"}


WRONG_MCP: dict[str, dict[str, Any]] = {
    "local without command": {"type": "local"},
    "remote without url": {"type": "remote"},
    "another type": {"type": "pigeon", "command": "run"},
    "no type": {"command": "run"},
    "another transport": {"type": "remote", "url": URL, "transport": "pigeon"},
}


@pytest.mark.parametrize("case", WRONG_MCP)
async def test_mcp_server_config_refused(running: Any, case: str) -> None:
    response = await running.client.post(ONE, json={"agent": "mock", "mcp": {"m": WRONG_MCP[case]}})
    assert (response.status_code, "$.mcp" in response.json()["detail"]) == (422, True)


@pytest.mark.parametrize("more", [{}, {"skills": ["one"]}, {"ref": None}, {"subpath": "one"}], ids=str)
async def test_skill_source(running: Any, tmp_path: Path, more: dict[str, Any]) -> None:
    skill = tmp_path / "shelf" / "one"
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text("---\nname: one\ndescription: d\n---\n")
    source = {"type": "local", "source": str(skill.parent), **more}
    await running.create("s", skills={"sources": [source]})
    shown = (await running.client.get(ONE)).json()["skills"]["sources"]
    assert shown == [{key: value for key, value in source.items() if value is not None}]


@pytest.mark.parametrize("missing", ["type", "source"])
async def test_skill_source_type_and_source_are_required(running: Any, missing: str) -> None:
    source = {"type": "local", "source": "x"}
    del source[missing]
    response = await running.client.post(ONE, json={"agent": "mock", "skills": {"sources": [source]}})
    assert (response.status_code, f"`{missing}`" in response.json()["detail"]) == (422, True)
