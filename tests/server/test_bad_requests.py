"""What the framework refuses: each time a problem with the right status, and the server is up after it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

pytestmark = pytest.mark.anyio
JSON = {"content-type": "application/json"}


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert (body["type"], body["status"]) == ("urn:sandbox-agent:error:invalid_request", status)
    assert body["detail"].startswith("invalid request: ")
    return body


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"agent":"mock"', 400),
        (b"\xff\xfe", 400),
        (b'{"agent":"\xff"}', 400),
        (b"[" * 100_000, 400),
        (b"null", 422),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"agent":null}', 422),
        (b'{"agent":5}', 422),
        (b'{"agent":"mock","title":5}', 422),
        (b'{"agent":"mock","mcp":[]}', 422),
        (b'{"agent":"mock","mcp":{"x":{}}}', 422),
        (b'{"agent":"mock","mcp":{"x":{"type":"other"}}}', 422),
        (b'{"agent":"mock","mcp":{"x":{"type":"local"}}}', 422),
        (b'{"agent":"mock","skills":{"sources":[{}]}}', 422),
    ],
)
async def test_a_body_that_makes_no_sense_is_refused(running: Any, content: bytes, status: int) -> None:
    problem(await running.client.post("/v1/sessions/s", content=content, headers=JSON), status)
    assert (await running.client.get("/v1/sessions")).json() == {"sessions": []}


async def test_fields_that_nobody_knows_are_ignored(running: Any) -> None:
    await running.create("s", something={"else": 1})
    assert (await running.say("hello", more=[1])).status_code == 204


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
async def test_a_body_that_is_no_json_by_its_type_is_415(running: Any, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    problem(await running.client.post("/v1/sessions/s", content=b'{"agent":"mock"}', headers=headers), 415)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("messages", {}),
        ("messages", {"message": 1}),
        ("messages", {"message": "x", "attachments": None}),
        ("messages", {"message": "x", "attachments": [{}]}),
        ("messages", {"message": "x", "delivery": "later"}),
        ("messages/stream", {"message": ["x"]}),
        ("permissions/p/reply", {"reply": "Once"}),
        ("permissions/p/reply", {}),
        ("questions/q/reply", {"answers": ["x"]}),
        ("questions/q/reply", {"answers": [[1]]}),
        ("interrupt", {"clearQueue": "yes"}),
    ],
)
async def test_wrong_shapes_are_422(running: Any, path: str, body: Any) -> None:
    await running.create()
    problem(await running.client.post(f"/v1/sessions/s/{path}", json=body), 422)
    assert len(await running.events()) == 1


@pytest.mark.parametrize(
    "query", ["offset=x", "offset=-1", "limit=1.5", "includeRaw=1", "includeRaw=true&include_raw=true"]
)
@pytest.mark.parametrize("path", ["events", "events/sse", "get-messages"])
async def test_wrong_queries_are_400(running: Any, path: str, query: str) -> None:
    await running.create()
    problem(await running.client.get(f"/v1/sessions/s/{path}?{query}"), 400)


async def test_a_method_that_a_path_has_not_is_405(running: Any) -> None:
    response = await running.client.put("/v1/sessions/s")
    problem(response, 405)
    assert response.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, POST"
    assert (await running.client.patch("/v1/health")).headers["allow"] == "GET, HEAD, OPTIONS"


async def test_a_path_of_the_api_that_is_none_is_404(running: Any) -> None:
    response = await running.client.get("/v1/nothing")
    assert response.status_code == 404
    assert response.json()["type"] == "urn:sandbox-agent:error:not_found"


async def test_an_id_that_is_no_text_is_400(running: Any) -> None:
    async with running.raw(b"GET /v1/sessions/%ff HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n") as reader:
        answer = await reader.read()
    assert b" 400 " in answer
    assert b"is not UTF-8" in answer


async def test_a_body_over_the_limit_is_413_and_the_connection_stays(serve: Any) -> None:
    async with serve(body_limit=1000) as running:
        await running.create()
        problem(await running.say("x" * 1000), 413)

        async def chunks() -> Any:
            for _ in range(100):
                yield b"x" * 100

        response = await running.client.post("/v1/sessions/s/messages", content=chunks(), headers=JSON)
        problem(response, 413)
        assert (await running.say("x" * 900)).status_code == 204


async def test_a_big_body_under_the_limit_is_taken(running: Any) -> None:
    await running.create()
    assert (await running.say("x" * 8_000_000)).status_code == 204
    assert (await running.until("turn.ended"))["data"]["reason"] == "completed"


@pytest.mark.parametrize("request_line", ["GET /v1/sessions/\u00fc HTTP/1.1", "GET / HTTP/9", "NONSENSE"])
async def test_what_is_not_http_is_a_problem_too(running: Any, request_line: str) -> None:
    async with running.raw(request_line.encode() + b"\r\nhost: localhost\r\n\r\n") as reader:
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["type"] == "urn:sandbox-agent:error:invalid_request"


async def test_slow_and_cut_bodies_keep_nobody_waiting(running: Any) -> None:
    await running.create()
    head = b"POST /v1/sessions/s/messages HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    async with asyncio.timeout(10):
        async with running.raw(head + b'content-length: 100\r\n\r\n{"mess') as slow:
            assert (await running.client.get("/v1/health")).status_code == 200
            assert not slow.at_eof()
        assert (await running.say("hello")).status_code == 204
        await running.until("turn.ended")
    assert len([event for event in await running.events() if event["type"] == "turn.started"]) == 1


async def test_two_requests_in_one_packet_are_both_answered(running: Any) -> None:
    one = b"GET /v1/health HTTP/1.1\r\nhost: localhost\r\n\r\n"
    last = b"GET /v1/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    async with running.raw(one + last) as reader:
        assert (await reader.read()).count(b'{"status":"ok"}') == 2
