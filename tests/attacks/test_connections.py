"""Clients that are slow, endless, or speak something else than HTTP: each is refused or hung up on, and cheap."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.anyio

QUICK = 0.3
HEAD = b"host: localhost\r\n"
POST = b"POST /v1/sessions/s HTTP/1.1\r\n" + HEAD + b"content-type: application/json\r\n"
PUT = b"PUT /v1/fs/file?path=slow.bin HTTP/1.1\r\n" + HEAD


async def answer(running: Any, request: bytes) -> bytes:
    """All that the server says until it hangs up."""
    async with asyncio.timeout(30), running.raw(request) as reader:
        data: bytes = await reader.read()
    return data


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def still_well(running: Any) -> None:
    assert (await running.client.get("/v1/health")).status_code == 200


@pytest.mark.parametrize(
    "start",
    [b"", b"GET", b"GET /v1/health HTTP/1.1\r\n", b"GET /v1/health HTTP/1.1\r\nhost: local", b"\r\n\r\n"],
    ids=["nothing", "half a line", "no headers", "half a header", "empty lines"],
)
async def test_a_head_that_does_not_come_is_not_awaited_for_ever(serve: Any, start: bytes) -> None:
    async with serve(patience=QUICK) as running:
        said = await answer(running, start)
        assert said.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert b"the request did not come in time" in said


async def test_the_second_request_of_a_connection_has_no_more_time(serve: Any) -> None:
    async with serve(patience=QUICK) as running:
        for rest in (b"GET /v1/hea", b"\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
            writer.write(b"GET /v1/health HTTP/1.1\r\n" + HEAD + b"\r\n")
            async with asyncio.timeout(30):
                await reader.readuntil(b'{"status":"ok"}')
                writer.write(rest)
                assert await reader.read() == b""
            writer.close()


@pytest.mark.parametrize("request_", [POST, PUT], ids=["json", "upload"])
@pytest.mark.parametrize("sent", [b"", b"{"], ids=["nothing", "a byte"])
async def test_a_body_that_stops_coming_is_408_and_leaves_nothing(
    serve: Any, tmp_path: Path, request_: bytes, sent: bytes
) -> None:
    async with serve(patience=QUICK) as running:
        before = names(tmp_path)
        said = await answer(running, request_ + b"content-length: 100\r\n\r\n" + sent)
        assert said.startswith(b"HTTP/1.1 408 ")
        assert b"connection: close\r\n" in said
        assert b"the body did not come in time" in said
        assert names(tmp_path) == before
        assert (await running.client.get("/v1/sessions")).json() == {"sessions": []}


async def test_a_crowd_of_slow_clients_keeps_nobody_else_waiting(running: Any) -> None:
    starts = [b"GET /", POST + b"content-length: 9\r\n\r\n{", PUT + b"content-length: 9\r\n\r\n1"]
    async with contextlib.AsyncExitStack() as stack:
        for start in itertools.islice(itertools.cycle(starts), 150):
            await stack.enter_async_context(running.raw(start))
        async with asyncio.timeout(30):
            await running.create()
            assert (await running.turn("hello"))[-1]["type"] == "turn.ended"


def _flood(start: bytes, piece: bytes) -> Iterator[bytes]:
    yield start
    for _ in range(64):
        yield piece * (1024 * 1024 // len(piece))


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"GET /", b"a" * 1024),
        (b"GET / HTTP/1.1\r\nx: ", b"a" * 1024),
        (b"GET / HTTP/1.1\r\n", b"a: b\r\n"),
        (POST + b"transfer-encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n"),
        (POST + b"transfer-encoding: chunked\r\n\r\n0\r\na: ", b"a" * 1024),
        (POST + b"transfer-encoding: chunked\r\n\r\n1;a=", b"a" * 1024),
    ],
    ids=["target", "header", "headers", "trailers", "trailer", "chunk extension"],
)
async def test_a_head_without_end_is_cut_off_before_it_costs_memory(running: Any, start: bytes, piece: bytes) -> None:
    before = psutil.Process().memory_info().rss
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    sent = 0
    async with asyncio.timeout(60):
        with contextlib.suppress(ConnectionError):
            for each in _flood(start, piece):
                writer.write(each)
                await writer.drain()
                sent += len(each)
            pytest.fail("nobody hung up")
        with contextlib.suppress(ConnectionError):
            said = await reader.read()
            assert said == b"" or said.split()[1] in {b"431", b"400"}
    writer.transport.abort()
    assert sent < 32 * 1024 * 1024
    assert psutil.Process().memory_info().rss - before < 32 * 1024 * 1024
    await still_well(running)


async def test_a_large_head_that_ends_is_well(running: Any) -> None:
    response = await running.client.get("/v1/health", headers={"x": "a" * 60_000})
    assert response.status_code == 200


async def test_a_large_body_in_one_piece_is_no_large_head(running: Any) -> None:
    await running.create()
    assert (await running.say("x" * 5_000_000)).status_code == 204


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: localhost\r\nx\x00y: z\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: localhost\r\nx: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: localhost\r\nx: a\rb\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1e9\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999999999999999\r\n\r\n",
        b"GET /a\x01b HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example\r\n\r\n",
    ],
    ids=lambda request: repr(request[:24]),
)
async def test_what_is_not_our_http_is_refused_with_a_problem(running: Any, request_: bytes) -> None:
    said = await answer(running, request_)
    assert said.split()[1] in {b"400", b"403"}, said
    assert b"application/problem+json" in said
    await still_well(running)


@pytest.mark.parametrize(
    "framing",
    [
        b"content-length: 4\r\ntransfer-encoding: chunked\r\n",
        b"transfer-encoding: chunked\r\ncontent-length: 4\r\n",
        b"content-length: 4\r\ncontent-length: 5\r\n",
        b"content-length: 4, 5\r\n",
        b"transfer-encoding: xchunked\r\n",
        b"transfer-encoding: chunked, identity\r\n",
        b"transfer-encoding : chunked\r\n",
        b"content-length: +4\r\n",
    ],
    ids=lambda framing: framing.decode().strip(),
)
async def test_a_body_whose_length_can_be_read_in_two_ways_smuggles_nothing(running: Any, framing: bytes) -> None:
    inner = b"0\r\n\r\nPOST /v1/sessions/smuggled HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    inner += b'content-length: 16\r\n\r\n{"agent":"mock"}'
    said = await answer(running, b"POST /v1/sessions/s/terminate HTTP/1.1\r\n" + HEAD + framing + b"\r\n" + inner)
    assert said.split()[1] in {b"400", b"404"}, said
    assert (await running.client.get("/v1/sessions/smuggled")).status_code == 404


async def test_a_wish_for_another_protocol_is_passed_over(running: Any) -> None:
    for protocol in (b"websocket", b"h2c"):
        head = (
            b"GET /v1/health HTTP/1.1\r\n" + HEAD + b"connection: upgrade, close\r\nupgrade: " + protocol + b"\r\n\r\n"
        )
        async with asyncio.timeout(30), running.raw(head) as reader:
            said = await reader.readuntil(b"}")
        assert b" 200 " in said
        assert b'{"status":"ok"}' in said


async def test_requests_in_one_go_are_answered_in_order(running: Any) -> None:
    one = b"GET /v1/sessions/%d HTTP/1.1\r\n" + HEAD + b"\r\n"
    last = b"GET /v1/health HTTP/1.1\r\n" + HEAD + b"connection: close\r\n\r\n"
    said = await answer(running, b"".join(one % number for number in range(200)) + last)
    assert said.count(b"HTTP/1.1 404") == 200
    assert said.endswith(b'{"status":"ok"}')
    assert said.index(b"not found: 0") < said.index(b"not found: 199")
