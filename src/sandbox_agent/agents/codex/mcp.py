"""MCP servers of a session in the words of Codex's configuration, given to its thread; nothing is written to disk."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sandbox_agent.adapter.mcp import argv_of, enabled, headers_of
from sandbox_agent.schema.api import LocalMcpServer, McpOauth, McpServer, RemoteMcpServer

__all__ = ["mcp_servers"]


def mcp_servers(servers: Mapping[str, McpServer], environ: Mapping[str, str]) -> dict[str, Any]:
    """The value of `mcp_servers`; servers that are not enabled are left out. It holds secrets."""
    return {name: _server(server, environ) for name, server in enabled(servers).items()}


def _server(server: McpServer, environ: Mapping[str, str]) -> dict[str, Any]:
    if isinstance(server, LocalMcpServer):
        command, *arguments = argv_of(server)
        config: dict[str, Any] = {"command": command, "args": arguments, "env": server.env or {}}
        if server.cwd is not None:
            config["cwd"] = server.cwd
    else:
        config = {"url": server.url, "http_headers": headers_of(server, environ), **_oauth(server)}
    if server.timeout_ms is not None:
        seconds = math.ceil(server.timeout_ms / 1000)
        config |= {"startup_timeout_sec": seconds, "tool_timeout_sec": seconds}
    return config


def _oauth(server: RemoteMcpServer) -> dict[str, Any]:
    """The client that its owner has registered. Without one Codex registers itself, at the login."""
    if not isinstance(server.oauth, McpOauth):
        return {}
    given = {"client_id": server.oauth.client_id, "client_secret": server.oauth.client_secret}
    client = {key: value for key, value in given.items() if value is not None}
    scopes = (server.oauth.scope or "").split()
    return {**({"oauth": client} if client else {}), **({"scopes": scopes} if scopes else {})}
