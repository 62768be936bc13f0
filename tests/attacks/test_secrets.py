"""Secrets planted wherever a daemon may meet them, and a look at everything it says: none of them may be there."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from tests.cli.serving import COMMAND, clean_environ

from sandbox_agent.server.endpoints import ENDPOINTS
from sandbox_agent.server.opencode.routes import ROUTES

PATIENCE = 60

AGENT = """#!/bin/sh
case "$1" in --version) echo '2.0.0 (Claude Code)'; exit;; esac
tr '\\0' '\\n' < /proc/self/environ > "$HOME/environ.$$"
tr '\\0' ' ' < /proc/$$/cmdline > "$HOME/argv.$$"
echo 'it does not work' >&2
exit 3
"""


def canary(name: str) -> str:
    return f"canary-{name}-4f1d"


FILES: dict[str, Any] = {
    ".claude.json": {"primaryApiKey": canary("claude-json")},
    ".claude/.credentials.json": {"claudeAiOauth": {"accessToken": canary("oauth"), "expiresAt": 4102444800000}},
    ".codex/auth.json": {"OPENAI_API_KEY": canary("codex-json"), "tokens": {"access_token": canary("codex-oauth")}},
    ".local/share/opencode/auth.json": {"groq": {"type": "api", "key": canary("opencode-json")}},
    ".local/share/amp/secrets.json": {"apiKey@https://ampcode.com/": canary("amp-json")},
}
VARIABLES = {
    name: canary(name.lower())
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "AMP_API_KEY", "GEMINI_API_KEY", "GROQ_API_KEY")
}
TOKEN = canary("token")
MCP: dict[str, Any] = {
    "tool": {
        "type": "local",
        "command": ["true", "--api-key", canary("argument")],
        "env": {"KEY": canary("mcp-env")},
    },
    "far": {
        "type": "remote",
        "url": f"http://user:{canary('url')}@127.0.0.1:1/mcp?key={canary('query')}",
        "headers": {"x-key": canary("mcp-header")},
        "oauth": {"clientSecret": canary("oauth-client")},
    },
}


@dataclass
class World:
    """A daemon that was told many secrets, and everything it said."""

    home: Path
    client: httpx.Client
    process: subprocess.Popen[str]
    said: dict[str, str] = field(default_factory=dict[str, str])

    def ask(self, name: str, method: str, path: str, **request: Any) -> httpx.Response:
        response = self.client.request(method, path, **request)
        self.said[f"{name}: {method} {path}"] = f"{response.headers}\n{response.text}"
        return response


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("home")
    for name, content in FILES.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(json.dumps(content))
    (home / "claude").write_text(AGENT)
    (home / "claude").chmod(0o755)
    programs = {f"SANDBOX_AGENT_{name}_BIN": "/none" for name in ("CODEX", "OPENCODE", "AMP")}
    programs["SANDBOX_AGENT_CLAUDE_BIN"] = str(home / "claude")
    environ = clean_environ(home, **VARIABLES, **programs, SANDBOX_AGENT_LOG_HTTP_HEADERS="1")
    command = [*COMMAND, "server", "--port", "0", "--token-file", "-", "--mock-pace", "0"]
    with (
        (home / "stderr").open("w") as log,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environ, cwd=home, text=True
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(TOKEN + "\n")
        process.stdin.close()
        lines = [process.stdout.readline() for _ in range(3)]
        found = re.search(r"listening on (\S+)", lines[0])
        assert found is not None
        headers = {"authorization": f"Bearer {TOKEN}", "x-api-key": canary("header"), "cookie": canary("cookie")}
        with httpx.Client(base_url=found[1], headers=headers, timeout=PATIENCE) as client:
            world = World(home, client, process, {"stdout": "".join(lines)})
            use(world)
            watch(world)
            yield world
        process.terminate()
        process.wait(PATIENCE)


def use(world: World) -> None:
    """Sessions that work and that fail, and every mistake that a client can make with a secret in its hands."""
    ask = world.ask
    ask("create", "POST", "/v1/sessions/m", json={"agent": "mock", "mcp": MCP})
    ask("turn", "POST", "/v1/sessions/m/messages/stream?includeRaw=true", json={"message": "demo"})
    created = ask("claude", "POST", "/v1/sessions/c", json={"agent": "claude", "mcp": {"tool": MCP["tool"]}})
    assert created.status_code == 200, created.text
    ended = ask("claude", "POST", "/v1/sessions/c/messages/stream", json={"message": "hello"})
    assert '"agent_exited"' in ended.text
    broken = {"type": "local", "command": 5, "env": {"KEY": canary("broken")}}
    ask("wrong shape", "POST", "/v1/sessions/x", json={"agent": "mock", "mcp": {"a": broken}})
    ask("wrong key", "POST", "/v1/sessions/x", json={"agent": "mock", "mcp": {"a": {"type": "remote", "headers": {}}}})
    ask("no json", "POST", "/v1/sessions/x", content=f'{{"agent":"mock","key":"{canary("cut")}"')
    ask("no route", "GET", f"/v1/nothing?token={canary('query-token')}")
    ask("wrong token", "GET", "/v1/agents", headers={"authorization": f"Bearer {TOKEN}-{canary('wrong')}"})
    ask("no agent", "POST", "/v1/sessions/y", json={"agent": "none", "mcp": MCP})
    ask("install", "POST", "/v1/agents/codex/install", json={})
    for name in "mc":
        for path in ("", "/events?includeRaw=true", "/queue", "/get-messages"):
            ask("session", "GET", f"/v1/sessions/{name}{path}")
    for endpoint in ENDPOINTS:
        if endpoint.method == "GET" and "{session_id}" not in endpoint.path and "/fs/" not in endpoint.path:
            for agent in ("mock", "claude", "codex"):
                ask(endpoint.name, "GET", endpoint.path.replace("{agent}", agent))
    for route in ROUTES:
        if route.method == "GET" and "{" not in route.path and not route.path.endswith("/event"):
            ask(f"opencode {route.path}", "GET", f"/opencode{route.path}")
    for name in ("ses_m", "ses_c"):
        for path in ("", "/message", "/children"):
            ask("opencode session", "GET", f"/opencode/session/{name}{path}")


def watch(world: World) -> None:
    """What the log and the process list show."""
    daemon = psutil.Process(world.process.pid)
    for process in (daemon, *daemon.children(recursive=True)):
        world.said[f"process {process.pid}"] = " ".join(process.cmdline())
    for path in world.home.glob("argv.*"):
        world.said[f"an agent's {path.name}"] = path.read_text()


def test_no_answer_no_event_no_log_and_no_process_shows_a_secret(world: World) -> None:
    said = {**world.said, "stderr": (world.home / "stderr").read_text()}
    assert "path=/v1/sessions/m" in said["stderr"]
    assert len(said) > 30
    found = {place: re.findall(r"canary-[a-z_-]+-4f1d", text) for place, text in said.items()}
    assert {place: canaries for place, canaries in found.items() if canaries} == {}


def test_what_is_hidden_is_said_to_be(world: World) -> None:
    shown = world.client.get("/v1/sessions/m").json()["mcp"]
    assert shown["tool"]["env"] == {"KEY": "[redacted]"}
    assert shown["far"]["headers"] == {"x-key": "[redacted]"}


def test_an_agent_gets_its_own_providers_key_and_nobody_elses(world: World) -> None:
    paths = list(world.home.glob("environ.*"))
    assert paths
    for path in paths:
        text = path.read_text()
        assert VARIABLES["ANTHROPIC_API_KEY"] in text
        others = {canary for name, canary in VARIABLES.items() if name != "ANTHROPIC_API_KEY"}
        assert not [secret for secret in (*others, TOKEN) if secret in text]


def test_the_token_is_in_no_environment_that_can_be_read(world: World) -> None:
    daemon = psutil.Process(world.process.pid)
    for process in (daemon, *daemon.children(recursive=True)):
        assert TOKEN not in str(process.environ())


def test_nothing_was_left_where_others_can_read_it(world: World) -> None:
    """The data folder may hold a session's configuration, for the owner only."""
    secrets = [canary("mcp-env"), TOKEN]
    for folder, _, names in os.walk(world.home / "data"):
        for path in (Path(folder, name) for name in names):
            if path.is_file() and any(secret in path.read_text(errors="replace") for secret in secrets):
                assert path.stat().st_mode & 0o077 == 0, path
