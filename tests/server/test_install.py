"""Installing over HTTP, with a small real package in the place of an agent's large one."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox_agent.adapter import Install
from sandbox_agent.adapter.frames import SseDecoder
from sandbox_agent.agents import AGENTS

pytestmark = pytest.mark.anyio

TOOL = Install(
    version="0.24.0",
    executable="bin/esbuild",
    npm={name: f"@esbuild/{name}" for name in ("linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64")},
)
PLATFORMS = {"tool": replace(AGENTS["mock"], name="tool", install=TOOL), "mock": AGENTS["mock"]}


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.endswith(("_KEY", "_TOKEN"))}
    return {**kept, "NPM_CONFIG_USERCONFIG": str(Path.home() / ".npmrc")}


async def follow(running: Any, agent: str, **body: Any) -> list[dict[str, Any]]:
    response = await running.client.post(f"/v1/agents/{agent}/install/stream", json=body, timeout=120)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/event-stream"
    return [json.loads(frame.data) for frame in SseDecoder().feed(response.content)]


async def test_an_installation_tells_how_far_it_is_and_what_came_of_it(serve: Any, tmp_path: Path) -> None:
    async with serve(agents=PLATFORMS, environ={**environment(), "HOME": str(tmp_path)}) as running:
        one, other = await asyncio.gather(follow(running, "tool"), follow(running, "tool"))
        for steps in (one, other):
            assert [each["state"] for each in steps if each["state"] != "downloading"] == ["verifying", "done"]
            assert steps[0]["what"] == "tool 0.24.0 with npm"
            assert steps[-1]["version"] == "0.24.0"
            assert os.access(steps[-1]["path"], os.X_OK)
        (info, _mock) = (await running.client.get("/v1/agents")).json()["agents"]
        assert (info["installed"], info["version"], info["path"]) == (True, "0.24.0", one[-1]["path"])
        assert [each["state"] for each in await follow(running, "tool")] == ["done"]
        again = await follow(running, "tool", reinstall=True)
        assert [each["state"] for each in again if each["state"] != "downloading"] == ["verifying", "done"]
        assert (await running.client.post("/v1/agents/tool/install", json={})).status_code == 204


async def test_one_that_needs_no_installation_is_done_at_once(running: Any) -> None:
    assert await follow(running, "mock") == [{"state": "done", "what": "it needs no installation"}]
    assert await follow(running, "mock", reinstall=True) == [{"state": "done", "what": "it needs no installation"}]


async def test_a_failure_is_the_last_word_with_its_problem(serve: Any) -> None:
    async with serve(agents=PLATFORMS, environ={"PATH": ""}) as running:
        (last,) = await follow(running, "tool")
        assert last["state"] == "failed"
        problem = (await running.client.post("/v1/agents/tool/install", json={})).json()
        assert last["problem"] == problem
        assert problem["type"].endswith(":install_failed")
        assert problem["status"] == 500
        assert problem["hint"]


async def test_an_agent_nobody_knows_is_a_problem_and_no_stream(running: Any) -> None:
    response = await running.client.post("/v1/agents/nobody/install/stream", json={})
    assert response.status_code == 400
    assert response.json()["type"].endswith(":unsupported_agent")


async def test_when_nobody_follows_any_more_it_is_given_up(serve: Any, tmp_path: Path) -> None:
    (tmp_path / "npm").write_text("#!/bin/sh\necho $$ > $0.pid\nexec sleep 600\n")
    (tmp_path / "npm").chmod(0o755)
    async with serve(agents=PLATFORMS, environ={"PATH": f"{tmp_path}:{os.environ['PATH']}"}) as running:
        head = "POST /v1/agents/tool/install/stream HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n"
        async with asyncio.timeout(60), running.raw(head.encode()) as reader:
            await reader.readuntil(b"downloading")
            while not (tmp_path / "npm.pid").exists() or not (tmp_path / "npm.pid").read_text():
                await reader.readuntil(b"\n\n")
            pid = int((tmp_path / "npm.pid").read_text())
            metrics = (await running.client.get("/v1/metrics")).text
            assert "sandbox_agent_installs_running 1" in metrics
        async with asyncio.timeout(60):
            while psutil.pid_exists(pid):
                await running.client.get("/v1/health")
            while "sandbox_agent_installs_running 0" not in (await running.client.get("/v1/metrics")).text:
                continue
