"""What the MCP servers of a session mean, before an agent puts it into the words of its own configuration. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox_agent.schema.api import LocalMcpServer, McpServer, RemoteMcpServer

__all__ = ["argv_of", "enabled", "headers_of", "token_variables", "urls"]


def enabled(servers: Mapping[str, McpServer]) -> dict[str, McpServer]:
    """The servers that were not switched off."""
    return {name: server for name, server in servers.items() if server.enabled is not False}


def argv_of(server: LocalMcpServer, *, into_folder: bool = False) -> tuple[str, ...]:
    """A server's command line. `into_folder`: it goes to its `cwd` itself, for agents that cannot be told."""
    named = (server.command,) if isinstance(server.command, str) else server.command
    argv = (*named, *server.args)
    if into_folder and server.cwd is not None:
        return ("/bin/sh", "-c", 'cd "$0" && exec "$@"', server.cwd, *argv)
    return argv


def headers_of(server: RemoteMcpServer, environ: Mapping[str, str]) -> dict[str, str]:
    """The headers with the values of the variables they name: secrets, so for private files only.

    A variable that is not set gives no header; the server then says that it wants one.
    """
    headers = dict(server.headers or {})
    for name, variable in (server.env_headers or {}).items():
        if value := environ.get(variable):
            headers[name] = value
    if server.bearer_token_env_var and (token := environ.get(server.bearer_token_env_var)):
        headers["Authorization"] = f"Bearer {token}"
    return headers


def token_variables(servers: Mapping[str, McpServer]) -> set[str]:
    """Variables that hold the tokens of servers. Their values are in headers, so no agent needs them itself."""
    found = (server.bearer_token_env_var for server in servers.values() if isinstance(server, RemoteMcpServer))
    return {name for name in found if name}


def urls(servers: Mapping[str, McpServer]) -> tuple[str, ...]:
    """Where the servers are that are not programs."""
    return tuple(server.url for server in enabled(servers).values() if isinstance(server, RemoteMcpServer))
