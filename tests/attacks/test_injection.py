"""Text that would like to be more than text: in headers, logs, streams, metrics and errors it stays what it is."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from sandbox_agent.adapter.frames import SseDecoder
from sandbox_agent.server.requestlog import RequestLog

pytestmark = pytest.mark.anyio

EVIL = [
    "a\r\nset-cookie: evil=1\r\n\r\n<script>",
    "a\n\nid: 999\ndata: {}\n\n",
    "a\u2028b\u2029c\u0085d",
    'a"} 1\nevil_metric 1',
    "a\x00b\x1b[31m\x7f",
    "</script><script>alert(1)</script>",
    "{{7*7}} ${7*7} %s %n {0}",
    "'; DROP TABLE sessions; --",
    "\ufeff\u202e\u0000",
]
IDS = [f"evil {number}" for number in range(len(EVIL))]


@pytest.mark.parametrize("evil", EVIL, ids=IDS)
async def test_a_name_stays_a_name(running: Any, evil: str) -> None:
    path = f"/v1/sessions/{quote(evil, safe='')}"
    created = await running.client.post(path, json={"agent": "mock", "title": evil})
    assert created.status_code == 200
    (info,) = (await running.client.get("/v1/sessions")).json()["sessions"]
    assert (info["sessionId"], info["title"]) == (evil, evil)
    unknown = await running.client.get(path + "x")
    assert (unknown.status_code, unknown.json()["sessionId"]) == (404, evil + "x")
    metrics = await running.client.get("/v1/metrics")
    assert "evil" not in metrics.text
    for response in (created, unknown, metrics):
        assert "set-cookie" not in response.headers
    assert (await running.client.delete(path)).status_code == 204


@pytest.mark.parametrize("evil", EVIL, ids=IDS)
async def test_what_is_said_is_one_event_whatever_is_in_it(running: Any, evil: str) -> None:
    await running.create()
    response = await running.client.post("/v1/sessions/s/messages/stream", json={"message": f"x{evil}x"})
    frames = SseDecoder().feed(response.content)
    events = [json.loads(frame.data) for frame in frames]
    assert [event["sequence"] for event in events] == list(range(2, 2 + len(events)))
    assert events[1]["data"]["item"]["content"][0]["text"] == f"x{evil}x"
    assert events == await running.events(offset=1)


@pytest.mark.parametrize("evil", EVIL, ids=IDS)
async def test_a_query_stays_in_its_own_value(running: Any, evil: str) -> None:
    for name in ("offset", "limit", "includeRaw"):
        response = await running.client.get("/v1/sessions", params={name: evil})
        assert response.status_code == 200  # it takes no query
        await running.create(f"s-{name}")
        refused = await running.client.get(f"/v1/sessions/s-{name}/events", params={name: evil})
        assert refused.status_code == 400
        assert refused.headers["content-type"] == "application/problem+json"


async def test_a_line_of_the_log_is_one_line() -> None:
    written: list[bytes] = []
    log = RequestLog(headers=True, write=written.append)
    for evil in EVIL:
        headers = [(b"x-evil", evil.encode()), (b"user-agent", evil.encode("utf-16"))]
        log.add({"method": "GET", "raw_path": quote(evil).encode(), "headers": headers}, 200, 0)
    log.close()
    text = b"".join(written).decode()
    assert len(text.split("\n")) == len(EVIL) + 1
    assert all(character == "\n" or character.isprintable() for character in text)


async def test_a_header_that_folds_or_repeats_is_no_second_header(running: Any) -> None:
    head = b"GET /v1/health HTTP/1.1\r\nhost: localhost\r\nx: a\r\n b: c\r\n\r\n"
    async with running.patience(), running.raw(head) as reader:
        assert (await reader.readline()).split()[1] in {b"200", b"400"}
