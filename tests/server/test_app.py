"""Each endpoint once as it should be used, and each error that it may give."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sandbox_agent.schema import api
from sandbox_agent.schema.events import decode_event
from sandbox_agent.schema.grammar import check

pytestmark = pytest.mark.anyio
URN = "urn:sandbox-agent:error:"


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["type"] == URN + code
    assert body["status"] == status
    return body


async def test_health_is_two_words(running: Any) -> None:
    response = await running.client.get("/v1/health")
    assert (response.status_code, response.text) == (200, '{"status":"ok"}')
    assert response.headers["content-type"] == "application/json"
    assert response.headers["date"]


async def test_agents_are_listed_with_what_they_can_do(running: Any) -> None:
    agents = msgspec.json.decode((await running.client.get("/v1/agents")).content, type=api.AgentList).agents
    mock = next(agent for agent in agents if agent.id == "mock")
    assert mock.installed
    assert mock.capabilities.streaming_deltas


async def test_modes_and_models_of_an_agent(running: Any) -> None:
    modes = (await running.client.get("/v1/agents/mock/modes")).json()["modes"]
    assert [mode["id"] for mode in modes] == ["build", "plan"]
    models = (await running.client.get("/v1/agents/mock/models")).json()
    assert models["defaultModel"] == "mock"


async def test_installing_the_mock_is_done_at_once(running: Any) -> None:
    assert (await running.client.post("/v1/agents/mock/install", json={})).status_code == 204
    assert (await running.client.post("/v1/agents/mock/install")).status_code == 204


@pytest.mark.parametrize("route", ["GET modes", "GET models", "POST install"])
async def test_an_unknown_agent_is_400(running: Any, route: str) -> None:
    method, what = route.split()
    response = await running.client.request(method, f"/v1/agents/nobody/{what}", json={} if method == "POST" else None)
    assert problem(response, 400, "unsupported_agent")["agent"] == "nobody"


async def test_a_session_is_created_listed_shown_and_deleted(running: Any) -> None:
    response = await running.client.post("/v1/sessions/s", json={"agent": "mock", "title": "T"})
    assert response.json() == {"healthy": True, "nativeSessionId": "mock-s"}
    await running.create("t")
    sessions = (await running.client.get("/v1/sessions")).json()["sessions"]
    assert [each["sessionId"] for each in sessions] == ["t", "s"]
    shown = (await running.client.get("/v1/sessions/s")).json()
    assert (shown["title"], shown["state"], shown["eventCount"], shown["queue"]) == ("T", "idle", 1, [])
    assert (await running.client.delete("/v1/sessions/s")).status_code == 204
    problem(await running.client.get("/v1/sessions/s"), 404, "session_not_found")
    problem(await running.client.delete("/v1/sessions/s"), 404, "session_not_found")


@pytest.mark.proves("session diff", agents=["mock"])
async def test_a_session_tells_what_has_changed_in_its_directory(running: Any, tmp_path: Path) -> None:
    place = tmp_path / "project"
    place.mkdir()
    (place / "a.txt").write_text("one\n")
    await running.client.post("/v1/sessions/s", json={"agent": "mock", "directory": str(place)})
    (place / "a.txt").write_text("two\n")
    diff = msgspec.json.decode((await running.client.get("/v1/sessions/s/diff")).content, type=api.SessionDiff)
    assert [(file.path, file.change, file.additions, file.deletions) for file in diff.files] == [
        ("a.txt", "modified", 1, 1)
    ]
    assert diff.diff.endswith("@@ -1 +1 @@\n-one\n+two\n")
    assert not diff.truncated
    problem(await running.client.get("/v1/sessions/nobody/diff"), 404, "session_not_found")


async def test_an_id_cannot_be_used_twice(running: Any) -> None:
    await running.create("s")
    response = await running.client.post("/v1/sessions/s", json={"agent": "mock"})
    assert problem(response, 409, "session_already_exists")["sessionId"] == "s"


async def test_of_two_creates_at_once_one_is_409(running: Any) -> None:
    request = {"json": {"agent": "mock"}}
    both = await asyncio.gather(*(running.client.post("/v1/sessions/s", **request) for _ in range(2)))
    assert sorted(response.status_code for response in both) == [200, 409]
    assert len((await running.client.get("/v1/sessions")).json()["sessions"]) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"agent": "nobody"}, "unsupported_agent"),
        ({"agent": "mock", "agentMode": "nothing"}, "mode_not_supported"),
        ({"agent": "mock", "permissionMode": "yolo"}, "invalid_request"),
        ({"agent": "mock", "directory": "/there/is/no/such/folder"}, "invalid_request"),
    ],
)
async def test_a_session_that_cannot_be_is_400(running: Any, body: dict[str, Any], code: str) -> None:
    problem(await running.client.post("/v1/sessions/s", json=body), 400, code)
    assert (await running.client.get("/v1/sessions")).json() == {"sessions": []}


@pytest.mark.parametrize("session_id", ["a/b", "\u00fcn\u00ef\U0001f980", "a b?c#d", "..", "%2F", "events"])
async def test_an_id_may_hold_any_character(running: Any, session_id: str) -> None:
    path = "/v1/sessions/" + "".join(f"%{byte:02X}" for byte in session_id.encode())
    assert (await running.client.post(path, json={"agent": "mock"})).status_code == 200
    assert (await running.client.get(path)).json()["sessionId"] == session_id
    events = (await running.client.get(path + "/events")).json()["events"]
    assert [event["session_id"] for event in events] == [session_id]
    assert (await running.client.post(path + "/messages", json={"message": "x"})).status_code == 204


async def test_a_message_is_taken_and_its_turn_is_in_the_log(running: Any) -> None:
    await running.create()
    response = await running.say("hello")
    assert (response.status_code, response.content) == (204, b"")
    await running.until("turn.ended")
    events = await running.events()
    check(decode_event(msgspec.json.encode(event)) for event in events)
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))


async def test_a_message_that_names_its_delivery_hears_what_became_of_it(serve: Any) -> None:
    async with serve(pace=0.01) as running:
        await running.create()
        first = await running.say("slow", delivery="queue")
        second = await running.say("two", delivery="queue")
        assert first.json() == {"messageId": "msg_1", "delivery": "started", "offset": 1}
        assert second.json()["messageId"] == "msg_2"
        assert second.json()["delivery"] == "queued"
        problem(await running.say("three", delivery="reject"), 409, "session_busy")


async def test_the_queue_can_be_seen_and_withdrawn_from(serve: Any) -> None:
    async with serve(pace=0.01) as running:
        await running.create()
        for message in ["slow", "one", "two", "three"]:
            await running.say(message)
        queue = "/v1/sessions/s/queue"
        waiting = (await running.client.get(queue)).json()["messages"]
        assert [each["message"] for each in waiting] == ["one", "two", "three"]
        one = waiting[0]["messageId"]
        assert (await running.client.delete(f"{queue}/{one}")).status_code == 204
        problem(await running.client.delete(f"{queue}/{one}"), 404, "not_found")
        assert (await running.client.delete(queue)).status_code == 204
        assert (await running.client.get(queue)).json() == {"messages": []}


async def test_an_interrupt_ends_the_turn_and_not_the_session(serve: Any) -> None:
    async with serve(pace=0.01) as running:
        await running.create()
        await running.say("slow")
        assert (await running.client.post("/v1/sessions/s/interrupt")).status_code == 204
        ended = await running.until("turn.ended")
        assert ended["data"]["reason"] == "interrupted"
        assert (await running.client.post("/v1/sessions/s/interrupt", json={"clearQueue": True})).status_code == 204
        assert (await running.turn("hello"))[-1]["data"]["reason"] == "completed"


async def test_a_terminated_session_takes_no_messages(running: Any) -> None:
    await running.create()
    assert (await running.client.post("/v1/sessions/s/terminate")).status_code == 204
    assert (await running.client.post("/v1/sessions/s/terminate")).status_code == 204
    refused = problem(await running.say("hello"), 400, "invalid_request")
    assert refused["detail"] == "invalid request: session terminated"
    assert (await running.events())[-1]["type"] == "session.ended"
    assert (await running.client.get("/v1/sessions")).json()["sessions"][0]["ended"] is True


async def test_a_permission_is_answered_once(running: Any) -> None:
    await running.create()
    await running.say("permission")
    permission_id = (await running.until("permission.requested"))["data"]["permission_id"]
    path = f"/v1/sessions/s/permissions/{permission_id}/reply"
    assert (await running.client.post(path, json={"reply": "once"})).status_code == 204
    assert (await running.client.post(path, json={"reply": "once"})).status_code == 204
    problem(await running.client.post(path, json={"reply": "reject"}), 409, "already_resolved")
    resolved = await running.until("permission.resolved")
    assert resolved["data"]["status"] == "accept"


async def test_a_question_is_answered_or_rejected(running: Any) -> None:
    await running.create()
    await running.say("question")
    await running.until("question.requested")
    asked = [event["data"]["question_id"] for event in await running.events() if event["type"] == "question.requested"]
    first, *others = asked
    path = "/v1/sessions/s/questions"
    assert (await running.client.post(f"{path}/{first}/reply", json={"answers": [["Red"]]})).status_code == 204
    assert (await running.until("question.resolved"))["data"]["response"] == "Red"
    problem(await running.client.post(f"{path}/{first}/reject"), 409, "already_resolved")
    for question_id in others:
        assert (await running.client.post(f"{path}/{question_id}/reject")).status_code == 204


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("questions/nothing/reply", {"answers": []}),
        ("questions/nothing/reject", None),
        ("permissions/nothing/reply", {"reply": "once"}),
    ],
)
async def test_an_answer_to_nothing_is_400(running: Any, path: str, body: Any) -> None:
    await running.create()
    refused = problem(await running.client.post(f"/v1/sessions/s/{path}", json=body), 400, "invalid_request")
    assert f"unknown {path.partition('s/')[0]} id: nothing" in refused["detail"]


SESSION_ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("DELETE", "", None),
    ("POST", "/messages", {"message": "x"}),
    ("POST", "/messages/stream", {"message": "x"}),
    ("POST", "/interrupt", None),
    ("POST", "/terminate", None),
    ("GET", "/queue", None),
    ("DELETE", "/queue", None),
    ("DELETE", "/queue/msg_1", None),
    ("GET", "/events", None),
    ("GET", "/events/sse", None),
    ("GET", "/get-messages", None),
    ("POST", "/questions/q/reply", {"answers": []}),
    ("POST", "/questions/q/reject", None),
    ("POST", "/permissions/p/reply", {"reply": "once"}),
]


@pytest.mark.parametrize(("method", "path", "body"), SESSION_ROUTES)
async def test_an_unknown_session_is_404_everywhere(running: Any, method: str, path: str, body: Any) -> None:
    response = await running.client.request(method, f"/v1/sessions/no%2Fbody{path}", json=body)
    assert problem(response, 404, "session_not_found")["sessionId"] == "no/body"


async def test_a_page_of_events_is_cut_where_it_was_asked_for(running: Any) -> None:
    await running.create()
    await running.turn("hello")
    whole = (await running.client.get("/v1/sessions/s/events")).json()
    total = len(whole["events"])
    assert whole["hasMore"] is False
    for query, expected, more in [
        ({"limit": 3}, whole["events"][:3], True),
        ({"offset": 2, "limit": 2}, whole["events"][2:4], True),
        ({"offset": total - 1, "limit": 1}, whole["events"][-1:], False),
        ({"limit": total}, whole["events"], False),
        ({"limit": 0}, [], True),
        ({"offset": total, "limit": 0}, [], False),
        ({"offset": total + 9}, [], False),
        ({"offset": 2**64 - 1, "limit": 2**64 - 1}, [], False),
    ]:
        page = (await running.client.get("/v1/sessions/s/events", params=query)).json()
        assert page == {"events": expected, "hasMore": more}, query
    assert (await running.client.get("/v1/sessions/s/get-messages")).json() == whole


async def test_a_long_history_comes_in_pieces_and_whole(running: Any) -> None:
    await running.create()
    async with asyncio.timeout(30):
        await running.turn("flood 1200")
    events = await running.events()
    assert len(events) > 1200
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert len(await running.events(limit=1100)) == 1100


async def test_raw_is_null_until_it_is_asked_for(running: Any) -> None:
    await running.create()
    await running.turn("hello")
    assert {event["raw"] for event in await running.events()} == {None}
    with_raw = await running.events(includeRaw="true")
    assert any(event["raw"] for event in with_raw if event["source"] == "agent")
    assert [{**event, "raw": None} for event in with_raw] == await running.events()
    assert await running.events(include_raw="true") == with_raw


async def test_head_is_get_without_a_body(running: Any) -> None:
    await running.create()
    for path in ["/v1/health", "/v1/sessions/s", "/v1/sessions/s/events", "/", "/nowhere", "/v1/nowhere"]:
        head = await running.client.head(path)
        got = await running.client.get(path)
        assert head.content == b""
        assert head.status_code == got.status_code
        assert head.headers["content-length"] == got.headers["content-length"]
    assert (await running.client.head("/v1/sessions/s/events/sse")).headers["content-type"] == "text/event-stream"


async def test_the_api_describes_itself(running: Any) -> None:
    document = (await running.client.get("/v1/openapi.json")).json()
    assert document["openapi"] == "3.1.0"


async def test_a_bug_is_a_problem_without_its_words_and_the_server_stays(
    running: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("the secret is 42")

    monkeypatch.setattr(running.sessions, "list", broken)
    response = await running.client.get("/v1/sessions")
    assert "42" not in str(problem(response, 500, "internal_error"))
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert (await running.client.get("/v1/health")).status_code == 200


@pytest.mark.proves("fork", agents=["mock"])
async def test_a_session_is_forked(running: Any) -> None:
    await running.create("s")
    fork = {"newSessionId": "t", "title": "another way"}
    assert (await running.client.post("/v1/sessions/s/fork", json=fork)).json()["healthy"] is True
    told = (await running.client.get("/v1/sessions/t")).json()
    assert (told["agent"], told["title"], told["forkedFrom"]) == ("mock", "another way", "s")
    first = (await running.client.get("/v1/sessions/t/events")).json()["events"][0]
    assert first["data"]["metadata"]["forkedFrom"] == "s"
    problem(await running.client.post("/v1/sessions/s/fork", json=fork), 409, "session_already_exists")
    unknown = await running.client.post("/v1/sessions/s/fork", json={"newSessionId": "u", "turnId": "turn_9"})
    assert "turnId" in problem(unknown, 400, "invalid_request")["hint"]
    problem(await running.client.post("/v1/sessions/nobody/fork", json=fork), 404, "session_not_found")
