"""Readiness over HTTP: yes, or a problem that says what is missing, to those who may know it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent import AsyncSandboxAgent, NotReady

pytestmark = pytest.mark.anyio


async def test_a_server_that_can_work_is_ready(running: Any) -> None:
    response = await running.client.get("/v1/ready", params={"agents": "mock"})
    assert response.status_code == 200
    mock = {"id": "mock", "installed": True, "credentialsAvailable": True, "version": "builtin"}
    assert response.json() == {"ready": True, "agents": [mock], "missing": []}


async def test_what_is_missing_is_a_problem_that_clients_raise_at_once(serve: Any) -> None:
    async with serve(require=("claude",), environ={"PATH": ""}) as running:
        response = await running.client.get("/v1/ready")
        problem = response.json()
        assert (response.status_code, problem["type"]) == (503, "urn:sandbox-agent:error:not_ready")
        assert problem["detail"] == "not ready: claude is not installed; claude has no credentials"
        assert [lack["what"] for lack in problem["details"]["missing"]] == ["agent", "credentials"]
        assert "install-agent claude" in problem["hint"]
        async with AsyncSandboxAgent.connect(running.url) as client:
            assert (await client.ready("mock")).ready
            with pytest.raises(NotReady, match="claude is not installed") as raised:
                await client.ready()
        assert raised.value.details["agents"][0]["id"] == "claude"
        asked = [line for line in (await running.client.get("/v1/metrics")).text.splitlines() if "/v1/ready" in line]
        count = 'sandbox_agent_http_requests_total{method="GET",route="/v1/ready",status="503"} 2'
        assert count in asked, "a client does not ask again"


async def test_a_probe_without_the_token_learns_yes_or_no_only(serve: Any) -> None:
    async with serve(token="secret", require=("claude",), environ={"PATH": ""}) as running:
        response = await running.client.get("/v1/ready")
        assert response.status_code == 503
        assert response.json()["details"] == {"ready": False, "agents": [], "missing": []}
        assert "claude" not in response.text
        assert (await running.client.get("/v1/ready?agents=mock")).status_code == 401
        known = {"authorization": "Bearer secret"}
        assert "claude" in (await running.client.get("/v1/ready", headers=known)).text
        assert (await running.client.get("/v1/ready?agents=mock", headers=known)).status_code == 200
    async with serve(token="secret", require=("mock",)) as running:
        assert (await running.client.get("/v1/ready")).json() == {"ready": True, "agents": [], "missing": []}


async def test_health_says_what_it_always_said(serve: Any) -> None:
    async with serve(require=("claude",), environ={"PATH": ""}) as running:
        response = await running.client.get("/v1/health")
        assert (response.status_code, response.json()) == (200, {"status": "ok"})
