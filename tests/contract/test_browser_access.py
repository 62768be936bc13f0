"""CORS, the root text, the 404 text and the web page: sections 5 and 12."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.server.config import Cors
from sandbox_agent.server.cors import check_cors

pytestmark = pytest.mark.anyio
PAGE = "https://app.example"
WISH = {
    "origin": PAGE,
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type,authorization",
}
VARY = "origin, access-control-request-method, access-control-request-headers"

CASES: dict[str, tuple[Cors, dict[str, str | None]]] = {
    "no origin allowed": (
        Cors(),
        {"allow-origin": None, "allow-methods": "*", "allow-headers": "*", "allow-credentials": None},
    ),
    "an origin is echoed": (
        Cors(origins=(PAGE,)),
        {"allow-origin": PAGE, "allow-methods": "*", "allow-headers": "*", "allow-credentials": None},
    ),
    "another origin is not": (Cors(origins=("https://other.example",)), {"allow-origin": None}),
    "lists are joined by commas without spaces": (
        Cors(origins=(PAGE,), methods=("GET", "POST"), headers=("x-a", "x-b")),
        {"allow-methods": "GET,POST", "allow-headers": "x-a,x-b"},
    ),
    "credentials mirror what is wished for": (
        Cors(origins=(PAGE,), credentials=True),
        {
            "allow-origin": PAGE,
            "allow-credentials": "true",
            "allow-methods": "POST",
            "allow-headers": "content-type,authorization",
        },
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_preflight(serve: Any, case: str) -> None:
    cors, expected = CASES[case]
    async with serve(token="t", cors=cors) as running:
        response = await running.client.options("/v1/sessions/s", headers=WISH)
        assert response.status_code == 200
        assert response.headers["vary"] == VARY
        for name, value in expected.items():
            assert response.headers.get(f"access-control-{name}") == value


@pytest.mark.parametrize(("path", "status"), [("/v1/health", 200), ("/v1/sessions", 401), ("/none", 404)])
async def test_actual_response_carries_the_headers_whatever_its_status(serve: Any, path: str, status: int) -> None:
    async with serve(token="t", cors=Cors(origins=(PAGE,))) as running:
        response = await running.client.get(path, headers={"origin": PAGE})
        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == PAGE
        assert response.headers["vary"] == VARY


@pytest.mark.parametrize(
    "cors",
    [Cors(origins=("app.example",)), Cors(origins=("https://a/b",)), Cors(methods=("G ET",)), Cors(headers=("x:y",))],
    ids=["origin without a scheme", "origin with a path", "method", "header"],
)
def test_invalid_value_fails_the_start(cors: Cors) -> None:
    assert check_cors(cors) is not None


async def test_root_names_the_product_and_its_routes(running: Any) -> None:
    response = await running.client.get("/")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.text.startswith("Sandbox Agent ")
    for route in ("GET /  ", "GET /v1/health", "GET /ui/", "/v1/docs"):
        assert route in response.text


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_404_is_the_root_text_below_its_first_line(running: Any, method: str) -> None:
    root = (await running.client.get("/")).text
    response = await running.client.request(method, "/none")
    assert (response.status_code, response.text) == (404, f"404 Not Found\n\n{root}")


async def test_a_route_of_the_api_that_does_not_exist_is_a_problem(running: Any) -> None:
    response = await running.client.get("/v1/none")
    assert response.status_code == 404
    assert response.json()["type"].endswith(":not_found")
