"""The table of endpoints, row by row: what a right request gets, and the errors that the row names."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio

CAPABILITIES = [
    "planMode",
    "permissions",
    "questions",
    "toolCalls",
    "toolResults",
    "textMessages",
    "images",
    "fileAttachments",
    "sessionLifecycle",
    "errorEvents",
    "reasoning",
    "status",
    "commandExecution",
    "fileChanges",
    "mcpTools",
    "streamingDeltas",
    "itemStarted",
    "sharedProcess",
]
ADDED_CAPABILITIES = ["fork"]
"""Ours, behind those of the contract."""
Check = Callable[[httpx.Response], object]


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("x/y.txt")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"y"))
    return buffer.getvalue()


def keys(*names: str) -> Check:
    """Just these, in any order."""
    return lambda response: sorted(response.json()) == sorted(names)


def events_in(response: httpx.Response) -> bool:
    return response.headers["content-type"] == "text/event-stream" and response.text.startswith("id: ")


def empty(response: httpx.Response) -> bool:
    return response.content == b""


JSON = {"content-type": "application/json"}
ONE = "/v1/sessions/s"
ROWS: dict[str, tuple[dict[str, Any], int, Check]] = {
    "GET /v1/health": ({}, 200, lambda response: response.json() == {"status": "ok"}),
    "GET /v1/ready?agents=mock": ({}, 200, lambda response: response.json()["ready"] is True),
    "GET /v1/agents": ({}, 200, keys("agents")),
    "POST /v1/agents/mock/install": ({"json": {}}, 204, empty),
    "GET /v1/agents/mock/modes": (
        {},
        200,
        lambda response: all(list(mode) == ["id", "name", "description"] for mode in response.json()["modes"]),
    ),
    "GET /v1/agents/mock/models": ({}, 200, keys("models", "defaultModel")),
    "GET /v1/sessions": ({}, 200, keys("sessions")),
    "POST /v1/sessions/new": (
        {"json": {"agent": "mock"}},
        200,
        lambda response: response.json() == {"healthy": True, "nativeSessionId": "mock-new"},
    ),
    f"POST {ONE}/messages": ({"json": {"message": "hello"}}, 204, empty),
    f"POST {ONE}/messages/stream": ({"json": {"message": "hello"}}, 200, events_in),
    f"POST {ONE}/terminate": ({}, 204, empty),
    f"GET {ONE}/events": ({}, 200, keys("events", "hasMore")),
    f"GET {ONE}/get-messages": ({}, 200, keys("events", "hasMore")),
    "GET /v1/fs/entries": ({}, 200, lambda response: isinstance(response.json(), list)),
    "GET /v1/fs/file?path=there.txt": (
        {},
        200,
        lambda response: (response.content, response.headers["content-type"]) == (b"data", "application/octet-stream"),
    ),
    "PUT /v1/fs/file?path=new.txt": ({"content": b"12345"}, 200, keys("path", "bytesWritten")),
    "DELETE /v1/fs/entry?path=there.txt": ({}, 200, keys("path")),
    "POST /v1/fs/mkdir?path=new/folder": ({}, 200, keys("path")),
    "POST /v1/fs/move": ({"json": {"from": "there.txt", "to": "moved.txt"}}, 200, keys("from", "to")),
    "GET /v1/fs/stat?path=there.txt": ({}, 200, keys("path", "entryType", "size", "modified")),
    "POST /v1/fs/upload-batch": (
        {"content": tar(), "headers": {"content-type": "application/x-tar"}},
        200,
        keys("paths", "truncated"),
    ),
    "GET /": ({}, 200, lambda response: response.headers["content-type"].startswith("text/plain")),
    "GET /anything/else": ({}, 404, lambda response: response.text.startswith("404 Not Found\n\n")),
}


@pytest.mark.parametrize("row", ROWS)
async def test_success(running: Any, tmp_path: Path, row: str) -> None:
    (tmp_path / "there.txt").write_bytes(b"data")
    await running.create()
    method, path = row.split()
    request, status, check = ROWS[row]
    response = await running.client.request(method, path, **request)
    assert response.status_code == status, response.text
    assert check(response), response.text


async def test_success_get_v1_sessions_events_sse(running: Any) -> None:
    await running.create()
    frames = running.stream(f"{ONE}/events/sse?limit=1")
    number, data = await anext(frames)
    assert (number, '"session.started"' in data) == ("1", True)
    await frames.aclose()


async def test_success_ui_is_the_inspector_or_says_how_to_build_it(running: Any) -> None:
    response = await running.client.get("/ui/")
    built = response.headers["content-type"].startswith("text/html")
    assert response.status_code == (200 if built else 404)
    assert built or "make serve" in response.text
    assert (await running.client.get("/ui")).headers["location"] == "ui/"


QUESTION = f"{ONE}/questions/none"
PERMISSION = f"{ONE}/permissions/none"
ERRORS: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("POST /v1/agents/none/install", {"json": {}}, 400, "unsupported_agent", "unsupported agent: none"),
    ("GET /v1/ready?agents=none", {}, 400, "unsupported_agent", "unsupported agent: none"),
    ("GET /v1/agents/none/modes", {}, 400, "unsupported_agent", "unsupported agent: none"),
    ("GET /v1/agents/none/models", {}, 400, "unsupported_agent", "unsupported agent: none"),
    ("POST /v1/sessions/a", {"json": {"agent": "none"}}, 400, "unsupported_agent", "unsupported agent: none"),
    (f"POST {ONE}", {"json": {"agent": "mock"}}, 409, "session_already_exists", "session already exists: s"),
    (
        "POST /v1/sessions/a",
        {"json": {"agent": "mock", "agentMode": "fly"}},
        400,
        "mode_not_supported",
        "mode not supported: mock fly",
    ),
    (
        "POST /v1/sessions/a",
        {"json": {"agent": "mock", "permissionMode": "all"}},
        400,
        "invalid_request",
        "invalid request: invalid permission mode: all",
    ),
    ("POST /v1/sessions/n/messages", {"json": {"message": "x"}}, 404, "session_not_found", "session not found: n"),
    (
        "POST /v1/sessions/n/messages/stream",
        {"json": {"message": "x"}},
        404,
        "session_not_found",
        "session not found: n",
    ),
    ("POST /v1/sessions/n/terminate", {}, 404, "session_not_found", "session not found: n"),
    ("GET /v1/sessions/n/events", {}, 404, "session_not_found", "session not found: n"),
    ("GET /v1/sessions/n/events/sse", {}, 404, "session_not_found", "session not found: n"),
    (
        f"POST {QUESTION}/reply",
        {"json": {"answers": [["x"]]}},
        400,
        "invalid_request",
        "invalid request: unknown question id: none",
    ),
    (f"POST {QUESTION}/reject", {}, 400, "invalid_request", "invalid request: unknown question id: none"),
    (
        f"POST {PERMISSION}/reply",
        {"json": {"reply": "once"}},
        400,
        "invalid_request",
        "invalid request: unknown permission id: none",
    ),
    ("POST /v1/sessions/n/questions/q/reject", {}, 404, "session_not_found", "session not found: n"),
    (
        "POST /v1/sessions/n/permissions/p/reply",
        {"json": {"reply": "once"}},
        404,
        "session_not_found",
        "session not found: n",
    ),
    ("GET /v1/fs/entries?sessionId=n", {}, 404, "session_not_found", "session not found: n"),
]


@pytest.mark.parametrize("row", ERRORS, ids=lambda row: f"{row[0]} {row[3]}")
async def test_error(running: Any, row: tuple[str, dict[str, Any], int, str, str]) -> None:
    await running.create()
    route, request, status, code, detail = row
    method, path = route.split()
    response = await running.client.request(method, path, **request)
    problem = response.json()
    assert response.status_code == status
    assert problem["type"] == f"urn:sandbox-agent:error:{code}"
    assert problem["title"] == code.replace("_", " ").title()
    assert (problem["status"], problem["detail"]) == (status, detail)


async def test_agents_are_in_order_with_18_capabilities(running: Any) -> None:
    agents = (await running.client.get("/v1/agents")).json()["agents"]
    order = ["claude", "codex", "opencode", "amp", "mock"]
    known = [agent["id"] for agent in agents if agent["id"] in order]
    assert known == [name for name in order if name in known]
    for agent in agents:
        assert list(agent["capabilities"]) == [*CAPABILITIES, *ADDED_CAPABILITIES]
        assert all(isinstance(value, bool) for value in agent["capabilities"].values())
        assert ("serverStatus" in agent) == agent["capabilities"]["sharedProcess"]
        assert {"id", "installed", "credentialsAvailable"} <= set(agent)
        if agent["capabilities"]["sharedProcess"]:
            assert agent["serverStatus"] == {"status": "stopped", "restartCount": 0}


async def test_session_info_has_its_fields_and_times_in_milliseconds(running: Any) -> None:
    mcp = {"m": {"type": "local", "command": "run"}}
    await running.create("a", title="T", directory=".", model="mock", mcp=mcp)
    await running.create("b")
    await running.turn("hello", "b")
    newest, oldest = (await running.client.get("/v1/sessions")).json()["sessions"]
    assert (newest["sessionId"], oldest["sessionId"]) == ("b", "a")
    fields = (
        "sessionId agent agentMode permissionMode model variant nativeSessionId ended eventCount createdAt updatedAt"
    )
    assert {*fields.split(), "directory", "title"} <= set(newest)
    assert (newest["model"], newest["title"], newest["directory"]) == (None, None, None)
    assert not {"mcp", "skills"} & set(newest)
    assert (oldest["title"], oldest["model"], oldest["mcp"]) == ("T", "mock", mcp)
    assert (newest["agentMode"], newest["permissionMode"], newest["eventCount"]) == ("build", "default", 8)
    assert newest["updatedAt"] >= newest["createdAt"] > 1_700_000_000_000


@pytest.mark.parametrize("session_id", ["a/b", "a b", "ü", "100%", "..", "?x=1#y", "\u202e"])
async def test_a_session_id_is_any_path_segment_percent_decoded(running: Any, session_id: str) -> None:
    path = "/v1/sessions/" + "".join(f"%{byte:02X}" for byte in session_id.encode())
    assert (await running.client.post(path, json={"agent": "mock"})).status_code == 200
    assert (await running.client.get(path)).json()["sessionId"] == session_id
    assert (await running.client.get(f"{path}/events")).json()["events"][0]["session_id"] == session_id


@pytest.mark.parametrize("path", ["/v1/sessions/", "/v1/health/", "/v1/agents/mock/modes/", "/v1/fs/entries/"])
async def test_there_are_no_trailing_slash_redirects(running: Any, path: str) -> None:
    assert (await running.client.get(path)).status_code == 404
