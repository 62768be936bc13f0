"""The OpenCode-compatible mount under requests that no client of it would send."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from sandbox_agent.server.opencode.routes import ROUTES

pytestmark = pytest.mark.anyio

VALUES: list[Any] = [None, True, 0, -1, 1e308, 10**30, "", "\0", "\ud800", "x" * 10_000, [], [[]], {}, {"": None}]
KEYS = sorted(
    {
        "agent",
        "answers",
        "args",
        "arguments",
        "command",
        "config",
        "cwd",
        "message",
        "messageID",
        "model",
        "modelID",
        "name",
    }
    | {
        "noReply",
        "parentID",
        "parts",
        "permissionMode",
        "properties",
        "providerID",
        "reply",
        "response",
        "system",
        "text",
    }
    | {"time", "title", "type", "variant"}
)
PARTS: list[Any] = [
    {"type": "text", "text": None},
    {"type": "file", "url": "data:,", "mime": ""},
    {"type": "file", "url": "data:;base64,", "mime": "\r\nx: y", "filename": "../../x\0"},
    {"type": "file", "url": "file:///proc/self/mem", "mime": "text/plain"},
    {"type": "file", "url": "file:///%00", "mime": "text/plain"},
    {"type": "file", "url": "file:///dev/zero", "mime": "text/plain"},
    {"type": "file", "url": "http://[", "mime": "text/plain"},
    {"type": "agent", "name": "\0"},
    {"type": "subtask", "prompt": "", "agent": "x" * 1000},
]
PATHS = ["", "\0", "../../etc/passwd", "x" * 5_000, "/" + "x" * 300, "\ud800", "a\nb"]


def filled(path: str) -> str:
    for name, value in {"session": "ses_1", "message": "msg_1"}.items():
        path = path.replace(f"{{{name}}}", value)
    return path.replace("{", "").replace("}", "")


def written(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "route", [each for each in ROUTES if each.body is not type(None)], ids=lambda each: f"{each.method} {each.path}"
)
async def test_no_body_gets_a_fault_or_hangs(running: Any, route: Any) -> None:
    headers = {"content-type": "application/json"}
    await running.client.post("/session", json={"model": "mock/mock"})
    odd = [{key: VALUES[number % len(VALUES)]} for number, key in enumerate(KEYS)]
    for body in [*VALUES, {"parts": PARTS}, *({"parts": [part]} for part in PARTS), *odd]:
        async with asyncio.timeout(60):
            path = filled(route.path)
            response = await running.client.request(route.method, path, content=encoded(body), headers=headers)
        assert response.status_code != 500, (body, response.text)
    assert (await running.client.get("/global/health")).status_code == 200


@pytest.mark.parametrize("route", [each for each in ROUTES if each.method == "GET"], ids=lambda each: each.path)
async def test_no_query_gets_a_fault(running: Any, route: Any, tmp_path: Path) -> None:
    if route.path.endswith("/event"):
        return
    await running.client.post("/session", json={"model": "mock/mock"})
    (tmp_path / "a.txt").write_text("x")
    for name in ("directory", "path", "pattern", "query", "limit", "before", "start", "search", "type"):
        for value in PATHS:
            query = value.encode("utf-8", "surrogatepass")
            response = await running.client.get(filled(route.path), params={name: query})
            assert response.status_code < 500, (name, value, response.text)


@pytest.mark.parametrize("id", ["%00", "..%2f..", "%ff", "x" * 3000, "ses_1%2f", "%2e%2e", " "])
async def test_no_id_gets_a_fault(running: Any, id: str) -> None:
    for path in (f"/session/{id}", f"/session/{id}/message", f"/session/ses_1/message/{id}", f"/pty/{id}"):
        assert (await running.client.get(path)).status_code in {404, 400}, path
    for path in (f"/permission/{id}/reply", f"/question/{id}/reply"):
        response = await running.client.post(path, json={"reply": "once", "answers": []})
        assert response.status_code in {404, 400}, path


async def test_a_name_of_an_attached_file_leads_nowhere(running: Any, tmp_path: Path) -> None:
    await running.client.post("/session", json={"model": "mock/mock"})
    for name in ("../../out.txt", "/out.txt", "..", ".", "a/b", "\0", "x" * 5000):
        part = {"type": "file", "url": "data:text/plain,found", "mime": "text/plain", "filename": name}
        response = await running.client.post("/session/ses_1/message", json={"parts": [part]})
        assert response.status_code == 200, name
    private = Path(running.sessions.get("ses_1").options.private_dir)
    found = [path for path in written(tmp_path) if path.read_bytes() == b"found"]
    assert len(found) == 7
    assert all(path.parent == private / "attachments" for path in found)
