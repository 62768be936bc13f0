"""The MCP servers of a session, in the words of OpenCode's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox_agent.adapter.mcp import argv_of, enabled, headers_of
from sandbox_agent.schema.api import LocalMcpServer, McpOauth, McpServer, RemoteMcpServer

__all__ = ["mcp_config"]


def mcp_config(servers: Mapping[str, McpServer], environ: Mapping[str, str]) -> dict[str, Any]:
    """The value of the key `mcp`, with the values of the variables that headers name."""
    return {name: _server(server, environ) for name, server in sorted(enabled(servers).items())}


def _server(server: McpServer, environ: Mapping[str, str]) -> dict[str, Any]:
    config = _local(server) if isinstance(server, LocalMcpServer) else _remote(server, environ)
    if server.timeout_ms is not None:
        config["timeout"] = server.timeout_ms
    return config


def _local(server: LocalMcpServer) -> dict[str, Any]:
    config: dict[str, Any] = {"type": "local", "command": list(argv_of(server)), "enabled": True}
    if server.env:
        config["environment"] = dict(sorted(server.env.items()))
    if server.cwd is not None:
        config["cwd"] = server.cwd
    return config


def _remote(server: RemoteMcpServer, environ: Mapping[str, str]) -> dict[str, Any]:
    config: dict[str, Any] = {"type": "remote", "url": server.url, "enabled": True}
    if headers := headers_of(server, environ):
        config["headers"] = dict(sorted(headers.items()))
    if isinstance(server.oauth, McpOauth):
        given = {
            "clientId": server.oauth.client_id,
            "clientSecret": server.oauth.client_secret,
            "scope": server.oauth.scope,
        }
        config["oauth"] = {key: value for key, value in given.items() if value is not None}
    elif server.oauth is False:
        config["oauth"] = False
    return config
