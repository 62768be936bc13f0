"""What the table of endpoints says beside success and errors: what is required, ignored, or a default."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox_agent.adapter.frames import SseDecoder

pytestmark = pytest.mark.anyio
ONE = "/v1/sessions/s"

ANSWERS: dict[str, tuple[str, dict[str, Any]]] = {
    "questions/{question_id}/reply": ("questions/mock_1_question/reply", {"json": {"answers": [["Red"]]}}),
    "questions/{question_id}/reject": ("questions/mock_1_question/reject", {}),
    "permissions/{permission_id}/reply once": ("permissions/mock_1_permission/reply", {"json": {"reply": "once"}}),
    "permissions/{permission_id}/reply always": ("permissions/mock_1_permission/reply", {"json": {"reply": "always"}}),
    "permissions/{permission_id}/reply reject": ("permissions/mock_1_permission/reply", {"json": {"reply": "reject"}}),
}


@pytest.mark.parametrize("row", ANSWERS)
async def test_success_post_v1_sessions(running: Any, row: str) -> None:
    await running.create()
    await running.turn(row.partition("s/")[0])
    path, request = ANSWERS[row]
    response = await running.client.post(f"{ONE}/{path}", **request)
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize("row", ANSWERS)
async def test_error_post_v1_sessions_404_unknown_session(running: Any, row: str) -> None:
    path, request = ANSWERS[row]
    response = await running.client.post(f"/v1/sessions/none/{path}", **request)
    assert (response.status_code, response.json()["type"]) == (404, "urn:sandbox-agent:error:session_not_found")


@pytest.mark.parametrize("body", [{}, {"reinstall": True}, {"reinstall": False}], ids=str)
async def test_install_body(running: Any, body: dict[str, Any]) -> None:
    assert (await running.client.post("/v1/agents/mock/install", json=body)).status_code == 204


async def test_install_404_agent_not_installed(serve: Any) -> None:
    async with serve(environ={"SANDBOX_AGENT_CLAUDE_BIN": "/none"}) as running:
        response = await running.client.post("/v1/agents/claude/install", json={})
        assert (response.status_code, response.json()["detail"]) == (404, "agent not installed: claude")


@pytest.mark.parametrize("agent", ["claude", "codex", "opencode", "amp"])
async def test_models_of_an_agent_that_is_not_installed_are_a_list_and_no_502(serve: Any, agent: str) -> None:
    async with serve(environ={"PATH": "/nowhere"}) as running:
        response = await running.client.get(f"/v1/agents/{agent}/models")
        assert response.status_code == 200
        assert all(set(each) <= {"id", "name", "variants", "defaultVariant"} for each in response.json()["models"])


async def test_terminate_ignores_a_body_of_any_kind(running: Any) -> None:
    await running.create()
    response = await running.client.post(f"{ONE}/terminate", content=b"{no", headers={"content-type": "text/plain"})
    assert response.status_code == 204


@pytest.mark.parametrize("name", ["includeRaw", "include_raw"])
@pytest.mark.parametrize("flag", ["true", "false"])
async def test_raw_in_events_and_both_kinds_of_streams(running: Any, name: str, flag: str) -> None:
    await running.create()
    response = await running.client.post(f"{ONE}/messages/stream?{name}={flag}", json={"message": "hello"})
    turn = [json.loads(frame.data) for frame in SseDecoder().feed(response.content)]
    page = await running.events(**{name: flag})
    frames = running.stream(f"{ONE}/events/sse?{name}={flag}")
    followed = [json.loads((await anext(frames))[1]) for _ in page]
    await frames.aclose()
    assert followed == page == [page[0], *turn]
    assert all("raw" in event for event in page)
    assert any(event["raw"] is not None for event in page) is (flag == "true")


async def test_events_sse_limit_is_parsed_and_ignored(running: Any) -> None:
    await running.create()
    await running.turn("hello")
    frames = running.stream(f"{ONE}/events/sse?limit=2")
    assert [(await anext(frames))[0] for _ in range(8)] == [str(number) for number in range(1, 9)]
    await frames.aclose()
    assert (await running.client.get(f"{ONE}/events/sse?limit=x")).status_code == 400


STREAM_ERRORS: dict[str, tuple[str, dict[str, Any], int]] = {
    "400 session terminated": ("ended", {"json": {"message": "x"}}, 400),
    "404 session_not_found": ("none", {"json": {"message": "x"}}, 404),
    "415 no content type": ("s", {"content": b"{}"}, 415),
    "422 wrong shape": ("s", {"json": {}}, 422),
}


@pytest.mark.parametrize("row", STREAM_ERRORS)
async def test_messages_stream_error_is_a_json_problem_before_the_stream_starts(running: Any, row: str) -> None:
    session_id, request, status = STREAM_ERRORS[row]
    for each in ("s", "ended"):
        await running.create(each)
    await running.client.post("/v1/sessions/ended/terminate")
    response = await running.client.post(f"/v1/sessions/{session_id}/messages/stream", **request)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert response.json()["status"] == status


FILE_ROUTES = [
    "GET /v1/fs/file",
    "PUT /v1/fs/file",
    "DELETE /v1/fs/entry",
    "POST /v1/fs/mkdir",
    "GET /v1/fs/stat",
]


@pytest.mark.parametrize("route", FILE_ROUTES)
async def test_path_is_required(running: Any, route: str) -> None:
    method, path = route.split()
    response = await running.client.request(method, path)
    assert (response.status_code, response.json()["detail"]) == (400, "invalid request: missing query parameter: path")


@pytest.mark.parametrize("name", ["sessionId", "session_id"])
@pytest.mark.parametrize("route", [*FILE_ROUTES, "GET /v1/fs/entries", "POST /v1/fs/move", "POST /v1/fs/upload-batch"])
async def test_session_id_in_both_spellings_must_be_known(running: Any, route: str, name: str) -> None:
    method, path = route.split()
    request: dict[str, Any] = {"json": {"from": "a", "to": "b"}} if path.endswith("move") else {}
    if path.endswith("batch"):
        request = {"content": b"", "headers": {"content-type": "application/x-tar"}}
    response = await running.client.request(method, path, params={"path": "a", name: "none"}, **request)
    assert (response.status_code, response.json()["sessionId"]) == (404, "none")


async def test_entries_and_upload_batch_begin_in_the_home_folder_by_default(running: Any, tmp_path: Path) -> None:
    (tmp_path / "here").write_text("")
    entries = (await running.client.get("/v1/fs/entries")).json()
    assert "here" in [each["name"] for each in entries]
    headers = {"content-type": "application/x-tar; charset=binary"}  # it begins as it must
    response = await running.client.post("/v1/fs/upload-batch", content=bytes(1024), headers=headers)
    assert response.json() == {"paths": [], "truncated": False}


async def test_ui_is_public_and_a_path_with_a_dot_is_no_place_of_it(serve: Any) -> None:
    async with serve(token="t") as running:
        for path in ("/ui/", "/ui/sessions/one", "/ui/none.js"):
            assert (await running.client.get(path)).status_code in {200, 404}
        assert (await running.client.get("/ui/none.js")).status_code == 404


@pytest.mark.parametrize("path", ["/v1/openapi.json", "/v1/docs"])
async def test_added_the_document_and_its_page(running: Any, path: str) -> None:
    assert (await running.client.get(path)).status_code == 200


async def test_sessions_are_newest_first(running: Any) -> None:
    for session_id in ("a", "b", "c"):
        await running.create(session_id)
    sessions = (await running.client.get("/v1/sessions")).json()["sessions"]
    assert [each["sessionId"] for each in sessions] == ["c", "b", "a"]
