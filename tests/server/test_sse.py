"""Streams: replay, live, reconnect, stalled readers, keep-alive, and how they end."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest

from sandbox_agent.server.sse import TURN_STREAM_ENDS

pytestmark = pytest.mark.anyio
PATH = "/v1/sessions/s/events/sse"


async def take(stream: Any, count: int) -> list[tuple[str, str]]:
    frames: list[tuple[str, str]] = []
    async with asyncio.timeout(20), aclosing(stream):
        async for frame in stream:
            frames.append(frame)
            if len(frames) == count:
                break
    return frames


async def test_the_headers_say_what_it_is(running: Any) -> None:
    await running.create()
    async with asyncio.timeout(5), running.client.stream("GET", PATH) as response:
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["cache-control"] == "no-cache"
        assert response.headers["x-accel-buffering"] == "no"


async def test_each_frame_is_its_sequence_and_the_event_of_the_history(running: Any) -> None:
    await running.create()
    await running.turn("hello")
    events = await running.events()
    frames = await take(running.stream(PATH), len(events))
    assert [int(sequence) for sequence, _data in frames] == list(range(1, len(events) + 1))
    assert [json.loads(data) for _sequence, data in frames] == events


async def test_from_every_offset_it_gives_the_same_bytes(running: Any) -> None:
    await running.create()
    await running.turn("demo")
    whole = await take(running.stream(PATH), running.sessions.get("s").log.last)
    assert len(whole) > 20
    for offset in range(len(whole)):
        assert await take(running.stream(f"{PATH}?offset={offset}"), len(whole) - offset) == whole[offset:]
        assert await take(running.stream(PATH, f"Last-Event-ID: {offset}"), len(whole) - offset) == whole[offset:]


async def test_a_browser_that_repeats_its_url_goes_on_where_it_was(running: Any) -> None:
    await running.create()
    await running.turn("hello")
    assert (await take(running.stream(f"{PATH}?offset=2", "Last-Event-ID: 5"), 1))[0][0] == "6"
    assert (await take(running.stream(f"{PATH}?offset=2", "Last-Event-ID: none"), 1))[0][0] == "3"


async def test_raw_is_in_the_stream_when_asked_for(running: Any) -> None:
    await running.create()
    await running.turn("hello")
    expected = await running.events(includeRaw="true")
    frames = await take(running.stream(f"{PATH}?includeRaw=true"), len(expected))
    assert [json.loads(data) for _sequence, data in frames] == expected


async def test_a_reader_gets_what_is_said_while_it_reads(serve: Any) -> None:
    async with serve(pace=0.005) as running:
        await running.create()
        reading = asyncio.create_task(take(running.stream(PATH), 8))
        await running.turn("hello")
        frames = await reading
        assert json.loads(frames[-1][1])["type"] == "turn.ended"


async def test_it_stays_open_after_the_session_ended_and_ends_when_it_is_deleted(serve: Any) -> None:
    async with serve(keep_alive=0.05) as running:
        await running.create()
        stream = running.stream(PATH)
        frames: list[tuple[str, str]] = []
        async with asyncio.timeout(10), aclosing(stream):
            async for frame in stream:
                frames.append(frame)
                if frame[0] == "1":
                    await running.client.post("/v1/sessions/s/terminate")
                elif frame[0] == ":" and frames[-2][0] == ":":
                    await running.client.delete("/v1/sessions/s")
        events = [json.loads(data)["type"] for sequence, data in frames if sequence != ":"]
        assert events == ["session.started", "session.ended"]


async def test_silence_is_broken_by_comments(serve: Any) -> None:
    async with serve(keep_alive=0.02) as running:
        await running.create()
        frames = await take(running.stream(PATH), 4)
        assert frames[1:] == [(":", "keep-alive")] * 3


async def test_silence_may_be_broken_by_events_that_are_in_no_log(running: Any) -> None:
    await running.create()
    async with running.raw(
        b"GET /v1/sessions/s/events/sse?heartbeatMs=100 HTTP/1.1\r\nhost: localhost\r\n\r\n"
    ) as reader:
        async with asyncio.timeout(30):
            text = await reader.readuntil(b'event: heartbeat\ndata: {"type":"heartbeat","offset":1}\n\n')
    assert text.count(b"id: ") == 1
    assert b"keep-alive\n" not in text.partition(b"\r\n\r\n")[2]
    assert len(await running.events()) == 1


async def test_a_turns_stream_has_a_heart_too_and_none_may_beat_too_fast(serve: Any) -> None:
    async with serve(pace=0.3) as running:
        await running.create()
        path = "/v1/sessions/s/messages/stream?heartbeatMs="
        refused = await running.client.post(path + "99", json={"message": "hello"})
        assert refused.status_code == 400
        assert (await running.client.get("/v1/sessions/s/events/sse?heartbeatMs=0")).status_code == 400
        assert len(await running.events()) == 1
        response = await running.client.post(path + "100", json={"message": "hello"})
        assert "event: heartbeat\n" in response.text
        assert "turn.ended" in response.text


async def test_twenty_stalled_readers_do_not_hold_up_a_healthy_one(running: Any) -> None:
    await running.create()
    request = f"GET {PATH} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()
    stalled = [await asyncio.open_connection("127.0.0.1", running.port, limit=1) for _ in range(20)]
    for _reader, writer in stalled:
        writer.write(request)
    async with asyncio.timeout(60):
        await running.turn("big 4000000")
        await running.turn("flood 300")
    last = running.sessions.get("s").log.last
    frames = await take(running.stream(PATH), last)
    assert [int(sequence) for sequence, _data in frames] == list(range(1, last + 1))
    for _reader, writer in stalled:
        writer.transport.abort()


async def test_a_client_that_leaves_is_noticed_at_once(running: Any) -> None:
    await running.create()
    log = running.sessions.get("s").log
    async with asyncio.timeout(10):
        for _ in range(20):
            assert await take(running.stream(PATH), 1)
        while log._waiters:  # noqa: ASYNC110 - it is the loop's own progress that is awaited
            await asyncio.sleep(0)


async def test_a_turns_stream_ends_with_its_turn(running: Any) -> None:
    await running.create()
    first = await running.turn("hello")
    second = await running.turn("echo again")
    for events in (first, second):
        assert events[0]["type"] == "turn.started"
        assert [event["type"] for event in events if event["type"] in TURN_STREAM_ENDS] == ["turn.ended"]
    assert first + second == (await running.events())[1:]


async def test_a_queued_messages_stream_begins_with_its_own_turn(serve: Any) -> None:
    async with serve(pace=0.002, keep_alive=0.01) as running:
        await running.create()
        await running.say("slow")
        events = await running.turn("echo mine")
        assert events[0]["type"] == "turn.started"
        assert events[0]["sequence"] > (await running.until("turn.ended"))["sequence"]
        assert "mine" in json.dumps(events)


async def test_a_withdrawn_messages_stream_just_ends(serve: Any) -> None:
    async with serve(pace=0.01) as running:
        await running.create()
        await running.say("slow")
        stream = asyncio.create_task(running.turn("never"))
        async with asyncio.timeout(10):
            while not (await running.client.get("/v1/sessions/s/queue")).json()["messages"]:
                pass
            await running.client.delete("/v1/sessions/s/queue")
            assert await stream == []


@pytest.mark.parametrize(
    ("message", "last"),
    [("permission", "permission.requested"), ("question", "question.requested"), ("error", "error")],
)
async def test_a_turns_stream_ends_where_somebody_must_look(running: Any, message: str, last: str) -> None:
    await running.create()
    events = await running.turn(message)
    assert [event["type"] for event in events if event["type"] in TURN_STREAM_ENDS] == [last]
    assert events[-1]["type"] == last


async def test_a_refused_message_is_a_problem_and_no_stream(running: Any) -> None:
    await running.create()
    await running.client.post("/v1/sessions/s/terminate")
    response = await running.client.post("/v1/sessions/s/messages/stream", json={"message": "x"})
    assert response.status_code == 400
    assert response.json()["detail"] == "invalid request: session terminated"


async def test_a_stop_gives_every_stream_its_last_events_and_ends_it(serve: Any) -> None:
    async with serve(pace=0.01) as running:
        await running.create()
        await running.say("slow")
        streams = [asyncio.create_task(take(running.stream(PATH), 100_000)) for _ in range(5)]
        await running.until("item.delta")
    for frames in await asyncio.gather(*streams):
        assert json.loads(frames[-1][1])["type"] == "session.ended"
