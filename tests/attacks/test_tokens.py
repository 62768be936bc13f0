"""Every way to come in without the token."""

from __future__ import annotations

import base64
from itertools import product
from typing import Any

import pytest

pytestmark = pytest.mark.anyio
TOKEN = "s3cret-Token_9"


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


WRONG = [
    "",
    "Bearer",
    f"Bearer {TOKEN[:-1]}",
    f"Bearer {TOKEN}x",
    f"Bearer {TOKEN.lower()}",
    f"Bearer {TOKEN} {TOKEN}",
    f'Bearer "{TOKEN}"',
    f"Bearer,{TOKEN}",
    f"Bearer{TOKEN}",
    f"Bearer {TOKEN}, Bearer x",
    TOKEN,
    f"Digest {TOKEN}",
    f"Negotiate {TOKEN}",
    basic(f"{TOKEN}:"),
    basic(f"{TOKEN}:wrong"),
    basic(f"user:{TOKEN}:more"),
    basic("user"),
    "Basic " + TOKEN,
    "Basic ====",
    "Basic " + "A" * 10_000,
    "Bearer null",
    "Bearer undefined",
    "Bearer *",
]


async def test_a_wrong_token_opens_nothing(serve: Any) -> None:
    async with serve(token=TOKEN) as running:
        for authorization, path in product(WRONG, ["/v1/sessions", "/session", "/opencode/global/health", "/event"]):
            response = await running.client.get(path, headers={"authorization": authorization})
            assert response.status_code == 401, (authorization, path)
            assert TOKEN not in response.text
            assert TOKEN not in str(response.headers)


async def test_of_two_tokens_the_first_counts(serve: Any) -> None:
    async with serve(token=TOKEN) as running:
        for first, second, status in [("x", TOKEN, 401), (TOKEN, "x", 200)]:
            head = f"host: localhost\r\nauthorization: Bearer {first}\r\nauthorization: Bearer {second}\r\n"
            async with running.raw(f"GET /v1/sessions HTTP/1.1\r\n{head}\r\n".encode()) as reader:
                assert int((await reader.readline()).split()[1]) == status


async def test_only_the_header_counts(serve: Any) -> None:
    async with serve(token=TOKEN) as running:
        ways: list[dict[str, Any]] = [
            {"params": {"token": TOKEN}},
            {"params": {"access_token": TOKEN}},
            {"cookies": {"token": TOKEN}},
            {"headers": {"x-api-key": TOKEN}},
            {"headers": {"proxy-authorization": f"Bearer {TOKEN}"}},
        ]
        for way in ways:
            cookies = way.pop("cookies", {})
            running.client.cookies.update(cookies)
            assert (await running.client.get("/v1/sessions", **way)).status_code in {400, 401}, way
            running.client.cookies.clear()


async def test_another_spelling_of_the_path_is_no_way_around(serve: Any) -> None:
    async with serve(token=TOKEN) as running:
        for path in [
            "//v1/sessions",
            "/v1//sessions",
            "/./v1/sessions",
            "/ui/../v1/sessions",
            "/v1/health/../sessions",
            "/V1/sessions",
            "/v1/sessions/",
            "/%76%31/sessions",
            "/v1%2fsessions",
            "/v1/health%2f..%2fsessions",
            "/v1/health;/../sessions",
        ]:
            async with running.raw(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()) as reader:
                status = int((await reader.readline()).split()[1])
            assert status in {400, 401, 404}, path


async def test_what_is_refused_is_not_read(serve: Any) -> None:
    async with serve(token=TOKEN) as running:
        response = await running.client.put("/v1/fs/file?path=x", content=b"x" * 1_000_000)
        assert response.status_code == 401
        assert (await running.client.get("/v1/health")).status_code == 200
