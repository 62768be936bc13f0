"""Logs in to an MCP server with an agent's own command line, as its user would once, beside the daemon."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
from tests.cli.terminal import Terminal
from tests.live.daemon import PATIENCE, clean_environ
from tests.live.locked_server import CLIENT, SCOPE, SECRET

from sandbox_agent.agents import AGENTS
from sandbox_agent.agents.claude.mcp import mcp_config as claude_config
from sandbox_agent.agents.codex.mcp import mcp_servers as codex_config
from sandbox_agent.agents.opencode.mcp import mcp_config as opencode_config
from sandbox_agent.runtime.install import Installer
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema.api import McpServer

__all__ = ["Locked", "locked", "log_in"]

_SERVER = Path(__file__).parents[1] / "locked_server.py"
_AUTHORIZE = r"(http://127\.0\.0\.1:\d+/authorize\?[^\x00-\x20]*resource=[^\x00-\x20]*)[\x00-\x20]"


class Locked:
    """A server that wants a login, and what it was asked for."""

    def __init__(self, process: subprocess.Popen[str], *, secret: bool) -> None:
        self._process = process
        self.url: str = self.said()["url"]
        client = {"clientId": CLIENT, "scope": SCOPE, **({"clientSecret": SECRET} if secret else {})}
        self.config: dict[str, Any] = {"type": "remote", "url": self.url, "oauth": client}

    def said(self) -> dict[str, Any]:
        """Its next line."""
        assert self._process.stdout is not None
        line: dict[str, Any] = json.loads(self._process.stdout.readline())
        return line


@contextmanager
def locked(*, secret: bool) -> Generator[Locked]:
    """A server whose only client has a secret or has none."""
    argv = [sys.executable, "-m", "tests.live.locked_server", *(["--secret"] if secret else [])]
    root = Path(__file__).parents[3]
    with subprocess.Popen(argv, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Locked(process, secret=secret)
        finally:
            process.kill()


def log_in(agent: str, home: Path, data_dir: Path, server: Locked, name: str) -> None:
    """With the configuration that a session gets. The browser is ours: it opens what it is told to."""
    found = Installer(Settings(data_dir=data_dir, directory=str(home))).find(AGENTS[agent])
    assert found is not None
    servers = {name: msgspec.convert(server.config, McpServer)}
    place = home / "login"
    place.mkdir(exist_ok=True)
    environ = clean_environ(home)
    match agent:
        case "claude":
            added = json.dumps(claude_config(servers, {})["mcpServers"][name])
            add = [str(found.path), "mcp", "add-json", "--scope=local", name, added]
            subprocess.run(add, env=environ, cwd=place, check=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
            words = ["mcp", "login", name, "--no-browser"]
        case "codex":
            words = ["-c", f"mcp_servers={_toml(codex_config(servers, {}))}", "mcp", "login", name, "--no-browser"]
        case _:
            config = opencode_config(servers, {})
            with socket.create_server(("127.0.0.1", 0)) as free:
                back = f"http://127.0.0.1:{free.getsockname()[1]}/mcp/oauth/callback"
            config[name]["oauth"]["redirectUri"] = back  # its usual port is one for the whole machine
            environ |= {"OPENCODE_CONFIG_CONTENT": json.dumps({"mcp": config}), "BROWSER": "true"}
            words = ["mcp", "auth", name]
    with Terminal(words, home, [str(found.path)], environ, place) as terminal:
        httpx.get(terminal.find(_AUTHORIZE), follow_redirects=True, timeout=PATIENCE, trust_env=False)
        status, seen = terminal.end()
    assert status == 0, seen


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}={_toml(inner)}" for key, inner in value.items()) + "}"
    return json.dumps(value)
