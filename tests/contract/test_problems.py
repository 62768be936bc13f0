"""The table of errors, its last column: what each problem carries beside its words, from a request that causes it.

Two rows are not caused here: nothing in the server raises `timeout` (clients do), and an agent process that exits ends
its turn, not a request (rule 5 of the turn contract), so that `agent_process_exited` is a word for clients only.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox_agent.adapter import Install
from sandbox_agent.agents import AGENTS
from sandbox_agent.schema.errors import StreamError, error_from_problem

pytestmark = pytest.mark.anyio
MEMBERS = ("agent", "sessionId", "details")
NEW = "/v1/sessions/new"


def creating(**body: Any) -> tuple[str, str, dict[str, Any]]:
    return "POST", NEW, {"json": {"agent": "mock", **body}}


ROWS: dict[str, tuple[tuple[str, str, dict[str, Any]], dict[str, Any]]] = {
    "invalid_request": (("GET", "/v1/fs/file", {}), {}),
    "unsupported_agent": (creating(agent="none"), {"agent": "none"}),
    "agent_not_installed": (creating(agent="claude"), {"agent": "claude"}),
    "permission_denied": (
        ("GET", "/v1/sessions", {"headers": {"host": "evil.example"}}),
        {"details": {"message": "the Host header is none of 127.0.0.1, [::1], localhost"}},
    ),
    "session_not_found": (("GET", "/v1/sessions/none/events", {}), {"sessionId": "none"}),
    "session_already_exists": (("POST", "/v1/sessions/s", {"json": {"agent": "mock"}}), {"sessionId": "s"}),
    "mode_not_supported": (creating(agentMode="fly"), {"agent": "mock", "details": {"mode": "fly"}}),
    "stream_error": (
        ("DELETE", "/v1/fs/entry?path=full", {}),
        {"details": {"message": "directory is not empty: {home}/full"}},
    ),
}


@pytest.mark.parametrize("code", ROWS)
async def test_extensions(serve: Any, tmp_path: Path, code: str) -> None:
    (tmp_path / "full" / "inner").mkdir(parents=True)
    (method, path, request), members = ROWS[code]
    async with serve(environ={"SANDBOX_AGENT_CLAUDE_BIN": "/none"}) as running:
        await running.create("s")
        problem = (await running.client.request(method, path, **request)).json()
    assert problem["type"] == f"urn:sandbox-agent:error:{code}"
    assert "instance" not in problem
    assert {name: problem[name] for name in MEMBERS if name in problem} == _at(members, tmp_path)


def _at(members: dict[str, Any], home: Path) -> dict[str, Any]:
    return {
        name: {key: text.format(home=home) for key, text in value.items()} if isinstance(value, dict) else value
        for name, value in members.items()
    }


async def test_extensions_token_invalid_and_www_authenticate_which_is_ours(serve: Any) -> None:
    async with serve(token="t") as running:
        response = await running.client.get("/v1/sessions", headers={"authorization": "Bearer other"})
    problem = response.json()
    assert {name: problem[name] for name in MEMBERS if name in problem} == {
        "details": {"message": "missing or invalid token"}
    }
    assert response.headers["www-authenticate"] == "Bearer"


async def test_extensions_install_failed(serve: Any) -> None:
    needs = Install(version="1.0.0", executable="bin/tool", npm={})
    async with serve(agents={"tool": replace(AGENTS["mock"], name="tool", install=needs)}) as running:
        response = await running.client.post("/v1/agents/tool/install", json={})
    problem = response.json()
    assert (response.status_code, problem["type"]) == (500, "urn:sandbox-agent:error:install_failed")
    assert (problem["title"], problem["agent"]) == ("Install Failed", "tool")
    assert problem["detail"].startswith("install failed: tool")


async def test_extensions_stream_error_of_skills_has_its_message_and_what_git_said(
    running: Any, tmp_path: Path
) -> None:
    source = {"type": "git", "source": f"file://{tmp_path}/none"}
    method, path, request = creating(skills={"sources": [source]})
    response = await running.client.request(method, path, **request)
    problem = response.json()
    assert (response.status_code, problem["title"]) == (502, "Stream Error")
    assert problem["detail"] == f"stream error: {problem['details']['message']}"
    assert "not appear to be a git repository" in problem["details"]["stderr"]
    assert (await running.client.get(NEW)).status_code == 404


@pytest.mark.parametrize(
    ("details", "told"),
    [
        (None, {"message": "why"}),
        ({"stderr": "x"}, {"message": "why", "stderr": "x"}),
        ({"message": "in other words"}, {"message": "in other words"}),
    ],
    ids=str,
)
def test_extensions_stream_error_always_has_its_message(details: Any, told: dict[str, str]) -> None:
    problem = StreamError("why", details=details).problem()
    assert (problem.detail, problem.details) == ("stream error: why", told)
    assert error_from_problem(problem).problem() == problem
