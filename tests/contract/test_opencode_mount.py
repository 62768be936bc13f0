"""Section 10 of the contract: where the mount is, how it refuses, its stream, and what tests of clients override."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox_agent.server.opencode.routes import ROUTES

from .opencode import create, hearing, prompt

pytestmark = pytest.mark.anyio
JSON = {"content-type": "application/json"}
FIXED = 1_700_000_000_000
PLAIN = sorted(
    {route.path for route in ROUTES if route.method == "GET" and "{" not in route.path} - {"/event", "/global/event"}
)
NEEDED = {"/find": {"pattern": "x"}, "/file": {"path": "."}, "/file/content": {"path": "a.txt"}}


# Two mounts


@pytest.mark.parametrize("path", PLAIN)
async def test_every_path_is_there_with_the_prefix_and_without(running: Any, tmp_path: Path, path: str) -> None:
    (tmp_path / "a.txt").write_text("x")
    bare, below = [await running.client.get(prefix + path, params=NEEDED.get(path, {})) for prefix in ("", "/opencode")]
    assert (bare.status_code, below.status_code) == (200, 200)
    assert bare.headers["content-type"] == "application/json"
    if path not in {"/project", "/project/current"}:  # which say what the time is
        assert bare.json() == below.json()


async def test_both_mounts_share_one_state(running: Any) -> None:
    session = (await running.client.post("/opencode/session", json={})).json()
    assert [each["id"] for each in (await running.client.get("/session")).json()] == [session["id"]]


async def test_the_routes_of_the_server_win_and_others_are_404_as_before(running: Any) -> None:
    assert "Sandbox Agent" in (await running.client.get("/")).text
    assert (await running.client.get("/v1/sessions")).json() == {"sessions": []}
    for path in ("/nothing", "/opencode", "/opencode/", "/opencode/nothing", "/opencodes/session", "/session/"):
        response = await running.client.get(path)
        assert (response.status_code, response.text.splitlines()[0]) == (404, "404 Not Found"), path
    assert (await running.client.get("/opencode/v1/sessions")).status_code == 404
    assert (await running.client.get("/v1/session")).json()["status"] == 404


async def test_who_never_asks_for_it_does_not_load_it() -> None:
    code = "import sys, sandbox_agent.server.serve; print([name for name in sys.modules if 'server.opencode' in name])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)  # noqa: ASYNC221
    assert loaded.stdout.strip() == "[]"


# Errors


async def test_errors_have_the_shapes_of_opencode(running: Any) -> None:
    missing = await running.client.get("/session/ses_none")
    assert (missing.status_code, missing.json()["name"]) == (404, "NotFoundError")
    assert "ses_none" in missing.json()["data"]["message"]
    await create(running.client)
    for body in (b"{", b"", b"[]", b'{"parts": 1}'):
        bad = await running.client.post("/session/ses_1/message", content=body, headers=JSON)
        assert (bad.status_code, bad.json()["success"]) == (400, False), body
        assert bad.json()["errors"][0]["message"] == bad.json()["data"]["message"]
    plain = await running.client.post("/session/ses_1/message", content=b"{}", headers={"content-type": "text/plain"})
    assert (plain.status_code, plain.json()["success"]) == (415, False)
    wrong = await running.client.put("/session")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert wrong.json()["success"] is False


async def test_a_body_that_is_too_large_is_413(serve: Any) -> None:
    async with serve(body_limit=100) as running:
        await create(running.client)
        response = await prompt(running.client, "ses_1", "x" * 200)
        assert (response.status_code, response.json()["success"]) == (413, False)


# Tokens


@pytest.mark.parametrize("prefix", ["", "/opencode"])
async def test_a_token_is_asked_for_everywhere_and_any_user_name_will_do(serve: Any, prefix: str) -> None:
    async with serve(token="secret") as running:
        for route in ROUTES:
            path = prefix + route.path.replace("{", "").replace("}", "")
            response = await running.client.request(route.method, path)
            assert response.status_code == 401, route.path
        for user in ("opencode", "", "anybody"):
            response = await running.client.get(f"{prefix}/global/health", auth=(user, "secret"))
            assert response.json()["healthy"] is True
        assert (await running.client.get(f"{prefix}/global/health", auth=("opencode", "wrong"))).status_code == 401


# Events


@pytest.mark.parametrize("path", ["/event", "/global/event"])
async def test_a_stream_says_hello_then_what_happens_with_increasing_ids(running: Any, path: str) -> None:
    async with hearing(running.client, path) as heard:
        assert heard.types == ["server.connected", "worktree.ready"]
        assert [number for number, _ in heard.frames] == [None, None]
        session = await create(running.client, model="mock/mock")
        await prompt(running.client, session["id"], "hello")
        await heard.first("session.idle")
    numbers = [int(number) for number, _ in heard.frames[2:] if number]
    assert numbers == list(range(1, len(heard.frames) - 1))
    wrapped = heard.frames[2][1]
    assert ("payload" in wrapped, wrapped.get("directory") == session["directory"]) == (path != "/event",) * 2


async def test_last_event_id_replays_what_came_after_it(running: Any) -> None:
    async with hearing(running.client) as heard:
        await create(running.client)
        await prompt(running.client, "ses_1", "hello")
        await heard.first("session.idle")
    told = heard.frames[2:]
    async with hearing(running.client, **{"last-event-id": "3"}) as again:
        await again.until(lambda again: len(again.frames) == len(heard.frames) - 3)
    assert again.frames[2:] == told[3:]


async def test_an_id_that_was_lost_is_told_and_the_rest_replayed(running: Any) -> None:
    await create(running.client)
    for _ in range(2):
        await prompt(running.client, "ses_1", "slow 3000")
    async with hearing(running.client, **{"last-event-id": "1"}) as heard:
        await heard.until(lambda heard: len(heard.frames) > 4000)
    assert heard.comments == ["lagged"]
    assert int(heard.frames[2][0] or 0) > 1


async def test_silence_is_broken_by_a_heartbeat_that_has_no_id(serve: Any) -> None:
    async with serve(keep_alive=0.05) as running, hearing(running.client) as heard:
        await heard.first("server.heartbeat")
    assert heard.frames[-1][0] is None


async def test_a_stream_is_of_one_directory_when_one_is_named(running: Any, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    one = str(tmp_path / "one")
    async with hearing(running.client, f"/event?directory={one}") as heard:
        await create(running.client)
        await running.client.post("/session", params={"directory": one}, json={})
        await heard.first("session.created")
    assert [each["info"]["id"] for each in heard.of("session.created")] == ["ses_2"]


async def test_streams_end_with_the_server(serve: Any) -> None:
    async with serve() as running, running.client.stream("GET", "/event") as response:
        chunks = response.aiter_raw()
        await anext(chunks)
        async with running.patience():
            await running.sessions.close()
            async for _ in chunks:
                pass


async def test_a_server_that_stops_deletes_no_session(serve: Any) -> None:
    async with serve() as running:
        async with hearing(running.client) as heard:
            await create(running.client, model="mock/mock")
            await heard.first("session.created")
            await running.sessions.close()
            await heard.until(lambda heard: heard.over)
        assert "session.deleted" not in heard.types


# What tests of clients override


async def test_time_can_stand_still(serve: Any) -> None:
    async with serve(environ={"OPENCODE_COMPAT_FIXED_TIME_MS": str(FIXED)}) as running:
        session = await create(running.client)
        answer = (await prompt(running.client, "ses_1", "hello")).json()
        assert session["time"] == {"created": FIXED, "updated": FIXED}
        assert answer["info"]["time"] == {"created": FIXED, "completed": FIXED}


async def test_places_can_be_made_up(serve: Any, tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    names = {
        "HOME": "/h",
        "STATE": "/s",
        "CONFIG": "/c",
        "WORKTREE": "/w",
        "BRANCH": "b",
        "DIRECTORY": f"{tmp_path}/place",
    }
    async with serve(environ={f"OPENCODE_COMPAT_{name}": value for name, value in names.items()}) as running:
        path = (await running.client.get("/path", headers={"x-opencode-directory": "/header"})).json()
        assert path == {"home": "/h", "state": "/s", "config": "/c", "worktree": "/w", "directory": names["DIRECTORY"]}
        assert (await running.client.get("/vcs")).json() == {"branch": "b"}
        named = await running.client.get("/path", params={"directory": str(tmp_path)})
        assert named.json()["directory"] == str(tmp_path)


async def test_the_directory_is_that_of_the_header_or_of_the_server(running: Any, tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    sent = {"x-opencode-directory": f"{tmp_path}/a%20b"}
    assert (await running.client.get("/path", headers=sent)).json()["directory"] == f"{tmp_path}/a b"
    assert (await running.client.get("/path")).json()["directory"] == str(tmp_path)


# Passed on to a real server


async def test_configuration_and_screens_are_passed_on_when_there_is_an_opencode(serve: Any) -> None:
    heard: list[tuple[str, str, bytes]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next((int(line[15:]) for line in head.lower().split("\r\n") if line.startswith("content-length:")), 0)
        heard.append((head.split("\r\n")[0], head, await reader.readexactly(length)))
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with (
        server,
        serve(token="secret", token_to_use="secret", environ={"OPENCODE_COMPAT_PROXY_URL": url}) as running,
    ):
        for method, path in (
            ("GET", "/command"),
            ("GET", "/global/config"),
            ("PATCH", "/config"),
            ("POST", "/tui/open-help"),
        ):
            response = await running.client.request(
                method, f"/opencode{path}?a=b", json={"x": 1} if method != "GET" else None
            )
            assert (response.status_code, response.json()) == (200, {})
            line, head, body = heard[-1]
            assert line == f"{method} {path}?a=b HTTP/1.1"
            assert "secret" not in head
            assert body == (b'{"x":1}' if method != "GET" else b"")
        assert (await running.client.get("/session")).json() == []
        assert len(heard) == 4


async def test_an_opencode_that_is_not_there_is_502_and_a_circle_ends(serve: Any) -> None:
    async with serve(environ={"OPENCODE_COMPAT_PROXY_URL": "http://127.0.0.1:9"}) as running:
        response = await running.client.get("/config")
        assert (response.status_code, response.json()["success"]) == (502, False)
        again = await running.client.get("/config", headers={"x-sandbox-agent-proxied": "1"})
        assert again.status_code == 400
