"""A real MCP server with the tool `look`, over standard streams, streamable HTTP or SSE: the official package."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from mcp.server.mcpserver import MCPServer

server = MCPServer("tools", log_level="ERROR")
heard: dict[str, str] = {}


@server.tool()
def look(what: str) -> str:
    """Say what was asked, where we are, and what we were given."""
    given = {name: value for name, value in os.environ.items() if name.startswith("TOOL_")}
    return json.dumps({"what": what, "where": os.getcwd(), "given": given, "heard": heard})  # noqa: PTH109


def listening(app: Callable[..., Awaitable[None]], token: str) -> Callable[..., Awaitable[None]]:
    """`app` for those who bring the token; keeps the headers that begin with `x-`."""

    async def inner(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            if headers.get("authorization") != f"Bearer {token}":
                await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]})
                await send({"type": "http.response.body", "body": b""})
                return
            heard.update({name: value for name, value in headers.items() if name.startswith("x-")})
        await app(scope, receive, send)

    return inner


def main() -> None:
    kind, *rest = sys.argv[1:]
    if kind == "stdio":
        server.run("stdio")
        return
    app = server.sse_app() if kind == "sse" else server.streamable_http_app()
    config = uvicorn.Config(listening(app, rest[0]), host="127.0.0.1", port=0, log_level="error")
    running = uvicorn.Server(config)
    listener = config.bind_socket()
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    running.run(sockets=[listener])


if __name__ == "__main__":
    main()
