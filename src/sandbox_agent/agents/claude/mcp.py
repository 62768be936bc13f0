"""MCP servers of a session in the words of the CLI's `--mcp-config`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox_agent.schema.api import LocalMcpServer, McpServer, RemoteMcpServer

__all__ = ["mcp_config", "mcp_timeout", "mcp_variables"]


def mcp_config(servers: Mapping[str, McpServer]) -> dict[str, Any]:
    """The file that `--mcp-config` takes; servers that are not enabled are left out."""
    return {"mcpServers": {name: _server(server) for name, server in servers.items() if server.enabled is not False}}


def mcp_variables(servers: Mapping[str, McpServer]) -> set[str]:
    """Environment variables that the servers' headers name, so the CLI must get them."""
    names: set[str] = set()
    for server in servers.values():
        if isinstance(server, RemoteMcpServer):
            names.update((server.env_headers or {}).values())
            if server.bearer_token_env_var:
                names.add(server.bearer_token_env_var)
    return names


def mcp_timeout(servers: Mapping[str, McpServer]) -> int | None:
    """Milliseconds a server may take to start. The CLI knows one limit for all: the longest that was asked for."""
    return max((server.timeout_ms for server in servers.values() if server.timeout_ms is not None), default=None)


def _server(server: McpServer) -> dict[str, Any]:
    return _local(server) if isinstance(server, LocalMcpServer) else _remote(server)


def _local(server: LocalMcpServer) -> dict[str, Any]:
    named = (server.command,) if isinstance(server.command, str) else server.command
    argv = (*named, *server.args)
    if server.cwd is not None:
        # The CLI starts every server in its own folder.
        argv = ("/bin/sh", "-c", 'cd "$0" && exec "$@"', server.cwd, *argv)
    return {"type": "stdio", "command": argv[0], "args": list(argv[1:]), "env": server.env or {}}


def _remote(server: RemoteMcpServer) -> dict[str, Any]:
    headers = dict(server.headers or {})
    headers.update({name: f"${{{variable}}}" for name, variable in (server.env_headers or {}).items()})
    if server.bearer_token_env_var:
        headers["Authorization"] = f"Bearer ${{{server.bearer_token_env_var}}}"
    return {"type": server.transport or "http", "url": server.url, "headers": headers}
