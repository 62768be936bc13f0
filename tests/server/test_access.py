"""Token, Host, Origin and CORS on a real server."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.server.config import Cors
from sandbox_agent.server.endpoints import ENDPOINTS

pytestmark = pytest.mark.anyio
PAGE = "https://app.example"


async def test_every_endpoint_but_health_asks_for_the_token(serve: Any) -> None:
    async with serve(token="secret") as running:
        for endpoint in ENDPOINTS:
            path = endpoint.path.replace("{", "").replace("}", "")
            response = await running.client.request(endpoint.method, path)
            expected = 200 if endpoint.name in {"health", "ready", "docs"} else 401
            assert response.status_code == expected, endpoint.name
            if expected == 401:
                problem = response.json()
                assert problem["detail"] == "token invalid"
                assert problem["title"] == "Token Invalid"
                assert problem["details"] == {"message": "missing or invalid token"}
                assert response.headers["www-authenticate"] == "Bearer"
        assert (await running.client.put("/v1/sessions")).status_code == 401
        for path in ["/", "/ui", "/ui/", "/nowhere"]:
            assert (await running.client.get(path)).status_code in {200, 307, 404}


async def test_the_token_opens_every_door(serve: Any) -> None:
    async with serve(token="secret", token_to_use="secret") as running:
        await running.create()
        assert (await running.turn("hello"))[-1]["type"] == "turn.ended"
        response = await running.client.get("/v1/sessions", auth=("anyone", "secret"))
        assert response.status_code == 200


async def test_a_rebound_name_is_403_on_every_path(running: Any) -> None:
    for path in ["/", "/v1/health", "/v1/sessions", "/v1/nowhere"]:
        response = await running.client.get(path, headers={"host": "evil.example"})
        assert response.status_code == 403
        assert response.json()["type"] == "urn:sandbox-agent:error:permission_denied"


async def test_a_page_of_another_origin_cannot_even_send(running: Any) -> None:
    await running.create()
    response = await running.client.post("/v1/sessions/s/terminate", headers={"origin": PAGE})
    assert response.status_code == 403
    assert (await running.client.get("/v1/sessions/s")).json()["ended"] is False


async def test_preflight_needs_no_token_and_errors_carry_cors_headers(serve: Any) -> None:
    cors = Cors(origins=(PAGE,), credentials=True)
    async with serve(token="secret", cors=cors) as running:
        wish = {"origin": PAGE, "access-control-request-method": "POST"}
        preflight = await running.client.options("/v1/sessions/s", headers=wish)
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == PAGE
        assert preflight.headers["access-control-allow-methods"] == "POST"
        assert preflight.headers["access-control-allow-credentials"] == "true"
        assert preflight.headers["vary"].startswith("origin,")
        refused = await running.client.get("/v1/sessions", headers={"origin": PAGE})
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == PAGE


async def test_an_allowed_page_can_stream_without_a_token(serve: Any) -> None:
    async with serve(cors=Cors(origins=(PAGE,))) as running:
        await running.create()
        response = await running.client.post(
            "/v1/sessions/s/messages/stream", json={"message": "hello"}, headers={"origin": PAGE}
        )
        assert response.headers["access-control-allow-origin"] == PAGE
