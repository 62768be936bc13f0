"""Through a real nginx: what its defaults, its buffers and its idle limit do to streams, uploads and downloads."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox_agent.adapter.frames import SseDecoder

pytestmark = pytest.mark.anyio

KINDS = {
    "as it comes": "",
    "unbuffered, HTTP/1.1": "proxy_buffering off; proxy_http_version 1.1; proxy_set_header Connection '';",
    "buffered, gzip": "proxy_buffering on; gzip on; gzip_types *; gzip_min_length 1; proxy_http_version 1.1;",
}
CONFIG = """
daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
  access_log off; client_max_body_size 0;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  server {{
    listen unix:{socket};
    location / {{ proxy_pass http://127.0.0.1:{port}; {kind} }}
    location /deep/er/ {{ proxy_pass http://127.0.0.1:{port}/; {kind} }}
    location /idle/ {{ proxy_pass http://127.0.0.1:{port}/; proxy_read_timeout 1s; {kind} }}
  }}
}}
"""


@contextlib.asynccontextmanager
async def nginx(folder: Path, port: int, kind: str) -> AsyncIterator[httpx.AsyncClient]:
    """Runs before a server on `port`; a client of it. It listens on a unix socket, so no port is guessed."""
    place = _configured(folder, port, kind)
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    assert program is not None, "scripts/services.sh installs nginx"
    process = await asyncio.create_subprocess_exec(
        program, "-p", str(folder), "-e", "stderr", "-c", "nginx.conf", stdin=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(30):
            while not _answers(place):
                assert process.returncode is None
                await asyncio.sleep(0.02)
        async with httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=str(place)), base_url="http://localhost", timeout=30
        ) as client:
            yield client
    finally:
        process.terminate()
        await process.wait()


def _configured(folder: Path, port: int, kind: str) -> Path:
    folder.mkdir()
    place = folder / "socket"
    (folder / "nginx.conf").write_text(CONFIG.format(socket=place, port=port, kind=kind))
    return place


def _answers(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        return caller.connect_ex(str(place)) == 0


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return KINDS[request.param]


async def events(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    decoder = SseDecoder()
    async for chunk in response.aiter_bytes():
        for frame in decoder.feed(chunk):
            yield json.loads(frame.data)


async def test_an_event_arrives_when_it_happens_and_all_of_them_in_the_end(
    serve: Any, tmp_path: Path, kind: str
) -> None:
    async with serve() as running, nginx(tmp_path / "nginx", running.port, kind) as client:
        await running.create()
        async with asyncio.timeout(60), client.stream("GET", "/v1/sessions/s/events/sse") as response:
            stream = events(response)
            assert (await anext(stream))["type"] == "session.started"
            await running.turn("hello")
            seen = [await anext(stream) for _ in range(7)]
            assert seen == (await running.events())[1:8]
            turn = await client.post("/v1/sessions/s/messages/stream", json={"message": "markdown"})
            assert '"turn.ended"' in turn.text


async def test_a_file_goes_up_and_down_whole_and_in_parts(serve: Any, tmp_path: Path, kind: str) -> None:
    data = bytes(range(256)) * 40_000
    async with serve() as running, nginx(tmp_path / "nginx", running.port, kind) as client:
        for prefix in ("", "/deep/er"):
            file = f"{prefix}/v1/fs/file?path=large.bin"
            written = await client.put(file, content=data)
            assert written.json()["bytesWritten"] == len(data)
            assert (await client.get(file)).content == data
            part = await client.get(file, headers={"range": "bytes=1000-1999", "accept-encoding": "identity"})
            assert (part.status_code, part.content) == (206, data[1000:2000])


async def test_problems_and_relative_redirects_come_through(serve: Any, tmp_path: Path, kind: str) -> None:
    async with serve() as running, nginx(tmp_path / "nginx", running.port, kind) as client:
        missing = await client.get("/deep/er/v1/sessions/none")
        assert missing.status_code == 404
        assert missing.json()["type"].endswith(":session_not_found")
        moved = await client.get("/deep/er/ui?x=1")
        assert moved.next_request is not None
        assert moved.next_request.url.raw_path == b"/deep/er/ui/?x=1"
        assert (await client.get("/v1/sessions/a%2Fb")).json()["sessionId"] == "a/b"


async def until_cut(client: httpx.AsyncClient, path: str, **headers: str) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    with contextlib.suppress(httpx.RemoteProtocolError):
        async with asyncio.timeout(60), client.stream("GET", path, headers=headers) as response:
            async for event in events(response):
                seen.append(event)  # noqa: PERF401 - it ends with an error
    return seen


async def test_a_stream_that_is_cut_in_silence_goes_on_where_it_was(serve: Any, tmp_path: Path) -> None:
    async with serve() as running, nginx(tmp_path / "nginx", running.port, "") as client:
        await running.create()
        path = "/idle/v1/sessions/s/events/sse"
        seen = await until_cut(client, path)
        await running.turn("hello")
        seen += await until_cut(client, path, **{"last-event-id": str(seen[-1]["sequence"])})
        assert seen == await running.events()


async def test_heartbeats_and_comments_keep_a_silent_stream_alive(serve: Any, tmp_path: Path) -> None:
    async with serve(keep_alive=0.2) as running, nginx(tmp_path / "nginx", running.port, "") as client:
        await running.create()
        for query, beat in (("", b": keep-alive"), ("?heartbeatMs=200", b"event: heartbeat")):
            text = b""
            async with asyncio.timeout(60), client.stream("GET", f"/idle/v1/sessions/s/events/sse{query}") as response:
                async for chunk in response.aiter_bytes():
                    text += chunk
                    if text.count(beat) >= 8:  # longer than the silence that nginx allows
                        break
            assert text.count(beat) >= 8
