"""Creating sessions, turns, events and streams, questions and permissions: the numbered sections of the contract.

Where it names a bug, the test shows what is right instead.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tests.contract.answering import asked_both

from sandbox_agent.adapter.frames import SseDecoder

pytestmark = pytest.mark.anyio
ONE = "/v1/sessions/s"


# 6. Creating


async def test_create_an_invalid_mode_is_told_before_anything_is_installed(serve: Any) -> None:
    async with serve(environ={"SANDBOX_AGENT_CLAUDE_BIN": "/none"}) as running:
        for body in ({"agentMode": "fly"}, {"permissionMode": "all"}):
            response = await running.client.post(ONE, json={"agent": "claude", **body})
            assert response.status_code == 400
        response = await running.client.post(ONE, json={"agent": "claude"})
        assert response.json()["type"].endswith(":agent_not_installed")


async def test_create_two_at_once_with_one_id_one_succeeds(running: Any) -> None:
    answers = await asyncio.gather(*(running.client.post(ONE, json={"agent": "mock"}) for _ in range(10)))
    assert sorted(each.status_code for each in answers) == [200, *[409] * 9]


@pytest.mark.parametrize("mode", ["build", "default", "code", None])
async def test_create_agent_mode_of_old_examples_is_build(running: Any, mode: str | None) -> None:
    await running.create("s", agentMode=mode)
    assert (await running.client.get(ONE)).json()["agentMode"] == "build"


async def test_create_records_session_started_with_its_metadata(running: Any) -> None:
    await running.create("s", model="mock", variant="high", permissionMode="plan", agentMode="plan")
    (started,) = await running.events()
    assert (started["type"], started["sequence"], started["synthetic"]) == ("session.started", 1, True)
    assert started["data"]["metadata"] == {
        "agent": "mock",
        "agentMode": "plan",
        "permissionMode": "plan",
        "model": "mock",
        "variant": "high",
    }


async def test_create_directory_is_where_the_agent_works_and_must_exist(running: Any, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "a.txt").write_text("x")
    await running.create("s", directory="work")
    entries = (await running.client.get("/v1/fs/entries", params={"sessionId": "s"})).json()
    assert [entry["name"] for entry in entries] == ["a.txt"]
    response = await running.client.post("/v1/sessions/t", json={"agent": "mock", "directory": "nowhere"})
    assert (response.status_code, response.json()["detail"]) == (
        400,
        "invalid request: path is not a directory: nowhere",
    )


# 7. Messages and turns


async def test_messages_are_taken_while_a_turn_runs_and_wait_for_its_end(serve: Any) -> None:
    async with serve(pace=0.01) as running:
        await running.create()
        for text in ("one", "two"):
            assert (await running.say(text)).status_code == 204
        async with running.patience():
            while (await running.client.get(ONE)).json()["state"] != "idle":
                continue
        order = [each["type"] for each in await running.events() if each["type"].startswith("turn.")]
        assert order == ["turn.started", "turn.ended"] * 2


async def test_messages_turn_started_is_in_the_log_before_the_answer(running: Any) -> None:
    await running.create()
    await running.say("hello")
    assert (await running.events())[1]["type"] == "turn.started"


async def test_messages_after_terminate_are_400_session_terminated(running: Any) -> None:
    await running.create()
    for _ in range(2):
        assert (await running.client.post(f"{ONE}/terminate")).status_code == 204
    response = await running.say("hello")
    assert (response.status_code, response.json()["detail"]) == (400, "invalid request: session terminated")
    assert [each["type"] for each in await running.events()] == ["session.started", "session.ended"]
    data = (await running.events())[-1]["data"]
    assert (data["reason"], data["terminated_by"]) == ("terminated", "daemon")


ENDS = {
    "hello": "turn.ended",
    "end": "turn.ended",
    "error": "error",
    "unparsed": "agent.unparsed",
    "permission": "permission.requested",
    "question": "question.requested",
    "   ": "turn.ended",
}


@pytest.mark.parametrize("message", ENDS, ids=repr)
async def test_turn_stream_ends_right_after(running: Any, message: str) -> None:
    await running.create()
    seen = await running.turn(message)
    assert seen[0]["type"] == "turn.started"
    assert seen[-1]["type"] == ENDS[message]
    assert [each["sequence"] for each in seen] == list(range(2, 2 + len(seen)))


async def test_turn_stream_of_an_approved_permission_ends_too(running: Any) -> None:
    await running.create()
    await running.turn("List files in the current directory using available tools.")
    await running.client.post(f"{ONE}/permissions/mock_1_permission/reply", json={"reply": "always"})
    await running.until("turn.ended")
    seen = await running.turn("List files in the current directory using available tools.")
    assert seen[-1]["type"] == "permission.requested"


# 8. Events, offsets, SSE


@pytest.mark.parametrize(
    ("query", "sequences", "more"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8], False),
        ({"offset": 0}, [1, 2, 3, 4, 5, 6, 7, 8], False),
        ({"offset": 5}, [6, 7, 8], False),
        ({"offset": 5, "limit": 2}, [6, 7], True),
        ({"offset": 6, "limit": 2}, [7, 8], False),
        ({"limit": 8}, [1, 2, 3, 4, 5, 6, 7, 8], False),
        ({"limit": 0}, [], True),
        ({"offset": 8, "limit": 0}, [], False),
        ({"offset": 8}, [], False),
        ({"offset": 99}, [], False),
    ],
    ids=str,
)
async def test_events_page(running: Any, query: dict[str, int], sequences: list[int], more: bool) -> None:
    await running.create()
    await running.turn("hello")
    page = (await running.client.get(f"{ONE}/events", params=query)).json()
    assert [event["sequence"] for event in page["events"]] == sequences
    assert page["hasMore"] is more


@pytest.mark.parametrize("query", ["", "?includeRaw=true"])
async def test_events_raw_is_always_there_and_null_unless_asked_for(running: Any, query: str) -> None:
    await running.create()
    await running.turn("hello")
    events = (await running.client.get(f"{ONE}/events{query}")).json()["events"]
    assert all("raw" in event for event in events)
    assert any(event["raw"] is not None for event in events) is bool(query)


async def test_sse_framing_and_headers(running: Any) -> None:
    await running.create()
    response = await running.client.post(f"{ONE}/messages/stream", json={"message": "hello"})
    assert response.headers["content-type"] == "text/event-stream"
    assert response.headers["cache-control"] == "no-cache"
    blocks = response.text.removesuffix("\n\n").split("\n\n")
    for block, event in zip(blocks, (await running.events())[1:], strict=True):
        identity, data = block.split("\n")
        assert identity == f"id: {event['sequence']}"
        assert json.loads(data.removeprefix("data: ")) == event
        assert ": " not in data.removeprefix("data: ").split('"data"')[0]  # compact


async def test_sse_replays_after_the_offset_then_goes_on_live_and_stays_open(running: Any) -> None:
    await running.create()
    await running.turn("hello")
    frames = running.stream(f"{ONE}/events/sse?offset=6")
    assert [(await anext(frames))[0] for _ in range(2)] == ["7", "8"]
    await running.say("hello")
    assert [(await anext(frames))[0] for _ in range(7)] == [str(number) for number in range(9, 16)]
    await running.client.post(f"{ONE}/terminate")
    number, data = await anext(frames)
    assert (number, '"session.ended"' in data) == ("16", True)
    await frames.aclose()


async def test_sse_last_event_id_goes_on_after_it(running: Any) -> None:
    await running.create()
    await running.turn("hello")
    frames = running.stream(f"{ONE}/events/sse", "last-event-id: 7")
    assert (await anext(frames))[0] == "8"
    await frames.aclose()


async def test_sse_a_slow_reader_loses_nothing(running: Any) -> None:
    await running.create()
    frames = running.stream(f"{ONE}/events/sse")
    seen = [(await anext(frames))[0]]
    for _ in range(40):  # more than the 256 events that the 0.1.x server holds for a reader
        await running.turn("markdown")
    last = running.sessions.get("s").log.last
    async with running.patience():
        while seen[-1] != str(last):
            seen.append((await anext(frames))[0])
    await frames.aclose()
    assert last > 500
    assert seen == [str(number) for number in range(1, last + 1)]


# 9. Questions and permissions


@pytest.mark.parametrize(
    ("answers", "response"), [([["Red"]], "Red"), ([["Red", "Blue"]], "Red"), ([[]], None), ([], None)], ids=str
)
async def test_question_reply_response_is_the_first_answer(
    running: Any, answers: list[list[str]], response: str | None
) -> None:
    await running.create()
    await running.turn("question")
    await running.client.post(f"{ONE}/questions/mock_1_question/reply", json={"answers": answers})
    resolved = await running.until("question.resolved")
    assert resolved["data"]["response"] == response
    assert (resolved["synthetic"], resolved["source"]) == (True, "daemon")


@pytest.mark.parametrize("reply", ["Once", "ONCE", "allow", "", None])
async def test_permission_reply_word_is_lower_case_only(running: Any, reply: str | None) -> None:
    await running.create()
    await running.turn("permission")
    response = await running.client.post(f"{ONE}/permissions/mock_1_permission/reply", json={"reply": reply})
    assert response.status_code == 422
    assert len((await running.client.get(ONE)).json()["permissions"]) == 2


async def test_the_same_answer_again_is_well_and_another_is_409(running: Any) -> None:
    await running.create()
    await running.turn("permission")
    path = f"{ONE}/permissions/mock_1_permission/reply"
    statuses = [
        (await running.client.post(path, json={"reply": word})).status_code for word in ("once", "once", "reject")
    ]
    assert statuses == [204, 204, 409]


REPLIES: dict[str, tuple[str, dict[str, Any]]] = {
    "permission": ("permissions/mock_1_permission/reply", {"json": {"reply": "once"}}),
    "question": ("questions/mock_1_question/reply", {"json": {"answers": [["Red"]]}}),
    "question, refused": ("questions/mock_1_question/reject", {}),
}


@pytest.mark.parametrize("asked", REPLIES)
async def test_a_reply_to_a_terminated_session_is_400_session_terminated(running: Any, asked: str) -> None:
    await running.create()
    await asked_both(running, asked.partition(",")[0])
    await running.client.post(f"{ONE}/terminate")
    path, request = REPLIES[asked]
    for _ in range(2):
        response = await running.client.post(f"{ONE}/{path}", **request)
        assert (response.status_code, response.json()["detail"]) == (400, "invalid request: session terminated")


async def test_a_reply_from_before_the_end_is_still_known_after_it_and_an_unknown_id_still_is_not(running: Any) -> None:
    await running.create()
    await running.turn("permission")
    path = f"{ONE}/permissions/mock_1_permission/reply"
    assert (await running.client.post(path, json={"reply": "once"})).status_code == 204
    await running.client.post(f"{ONE}/terminate")
    assert (await running.client.post(path, json={"reply": "once"})).status_code == 204
    assert (await running.client.post(path, json={"reply": "reject"})).status_code == 409
    response = await running.client.post(f"{ONE}/permissions/none/reply", json={"reply": "once"})
    assert (response.status_code, response.json()["detail"]) == (400, "invalid request: unknown permission id: none")


async def test_events_of_a_stream_are_those_of_the_page(running: Any) -> None:
    await running.create()
    response = await running.client.post(f"{ONE}/messages/stream?include_raw=true", json={"message": "tool"})
    streamed = [json.loads(frame.data) for frame in SseDecoder().feed(response.content)]
    assert streamed == await running.events(offset=1, includeRaw="true")
