"""What a page of a stranger can make a browser do: rebind a name to us, or send what needs no preflight."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sandbox_agent.server.config import Cors

pytestmark = pytest.mark.anyio
OPENCODE = ["/session", "/event", "/config", "/file/content?path=/etc/passwd", "/opencode/session", "/opencode/event"]


async def status(running: Any, request: str) -> int:
    async with asyncio.timeout(30), running.raw(request.encode("latin-1")) as reader:
        return int((await reader.readline()).split()[1])


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:2468",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "localhost.",
        "127.0.0.1:2468@evil.example",
        "evil.example#127.0.0.1",
        "[::1].evil.example",
        "[::1",
        "127.1",
        "0.0.0.0",  # noqa: S104 - nobody binds here
        "2130706433",
        "localhost:2468:2468",
        "localhost evil.example",
        "xn--lcalhost-x0a",
        "l\u00f6calhost",
        "",
    ],
)
async def test_a_name_that_is_not_ours_is_refused_everywhere(running: Any, host: str) -> None:
    for path in ["/", "/ui/", "/v1/health", "/v1/sessions", "/v1/fs/file?path=/etc/passwd", *OPENCODE]:
        assert await status(running, f"GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n") in {400, 403}, path


@pytest.mark.parametrize("host", ["localhost", "LocalHost:2468", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:2468"])
async def test_our_own_names_are_welcome(running: Any, host: str) -> None:
    assert await status(running, f"GET /v1/health HTTP/1.1\r\nhost: {host}\r\n\r\n") == 200


@pytest.mark.parametrize("order", [("localhost", "evil.example"), ("evil.example", "localhost")])
async def test_of_two_names_none_is_believed(running: Any, order: tuple[str, str]) -> None:
    head = "".join(f"host: {name}\r\n" for name in order)
    assert await status(running, f"GET /v1/sessions HTTP/1.1\r\n{head}\r\n") in {400, 403}


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost", "http://localhost.evil.example", "file://", "", "*"]
)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
async def test_a_form_of_another_page_changes_nothing(running: Any, origin: str, content_type: str) -> None:
    await running.create()
    body = '{"agent":"mock"}'
    theirs = ["/session", "/opencode/session", "/session/ses_s/abort", "/tui/open-help"]
    for path in ["/v1/sessions/new", "/v1/sessions/s/terminate", "/v1/sessions/s/interrupt", *theirs]:
        head = f"host: localhost:{running.port}\r\norigin: {origin}\r\ncontent-type: {content_type}\r\n"
        request = f"POST {path} HTTP/1.1\r\n{head}content-length: {len(body)}\r\n\r\n{body}"
        assert await status(running, request) == 403
    (session,) = (await running.client.get("/v1/sessions")).json()["sessions"]
    assert (session["sessionId"], session["ended"]) == ("s", False)


async def test_a_page_that_is_allowed_is_allowed_exactly(serve: Any) -> None:
    async with serve(cors=Cors(origins=("https://app.example",)), token="t", token_to_use="t") as running:
        for origin in [
            "https://app.example.evil.example",
            "https://app.example:444",
            "http://app.example",
            "https://APP.example",
            "https://app.example/",
            "null",
        ]:
            response = await running.client.get("/v1/sessions", headers={"origin": origin})
            assert "access-control-allow-origin" not in response.headers
            wish = {"origin": origin, "access-control-request-method": "POST"}
            assert (
                "access-control-allow-origin"
                not in (await running.client.options("/v1/sessions", headers=wish)).headers
            )


async def test_what_a_preflight_wishes_for_cannot_become_a_header_of_ours(serve: Any) -> None:
    async with serve(cors=Cors(origins=("*",), credentials=True)) as running:
        head = "origin: https://app.example\r\naccess-control-request-headers: x\t\x7f\r\n"
        request = f"OPTIONS /v1/sessions HTTP/1.1\r\nhost: localhost\r\n{head}\r\n"
        assert await status(running, request) in {200, 400}
        assert (await running.client.get("/v1/health")).status_code == 200
