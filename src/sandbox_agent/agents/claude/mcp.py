"""MCP servers of a session in the words of the CLI's `--mcp-config`, and what the CLI says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox_agent.adapter.mcp import argv_of, enabled, headers_of
from sandbox_agent.schema.api import LocalMcpServer, McpOauth, McpServer, RemoteMcpServer

__all__ = ["mcp_config", "mcp_timeout"]


def mcp_config(servers: Mapping[str, McpServer], environ: Mapping[str, str]) -> dict[str, Any]:
    """The file that `--mcp-config` takes; servers that are not enabled are left out. It holds secrets."""
    return {"mcpServers": {name: _server(server, environ) for name, server in enabled(servers).items()}}


def mcp_timeout(servers: Mapping[str, McpServer]) -> int | None:
    """Milliseconds a server may take to start. The CLI knows one limit for all: the longest that was asked for."""
    limits = (server.timeout_ms for server in enabled(servers).values())
    return max((limit for limit in limits if limit is not None), default=None)


def _server(server: McpServer, environ: Mapping[str, str]) -> dict[str, Any]:
    if isinstance(server, LocalMcpServer):
        program, *args = argv_of(server, into_folder=True)
        return {"type": "stdio", "command": program, "args": args, "env": server.env or {}}
    return _remote(server, environ)


def _remote(server: RemoteMcpServer, environ: Mapping[str, str]) -> dict[str, Any]:
    native: dict[str, Any] = {
        "type": server.transport or "http",
        "url": server.url,
        "headers": headers_of(server, environ),
    }
    if isinstance(server.oauth, McpOauth):
        named = {"clientId": server.oauth.client_id, "scopes": server.oauth.scope}
        native["oauth"] = {key: value for key, value in named.items() if value is not None}
    return native
