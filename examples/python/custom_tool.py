"""Give an agent a tool of your own: `python custom_tool.py "What is the weather in Oslo?"`.

The tool is an MCP server (`pip install mcp`), this same file started with `serve` by the agent.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sandbox_agent import LocalMcpServer, PermissionReply, PermissionRequested, SandboxAgent


def weather(city: str) -> str:
    """The weather in a city."""
    return f"It rains in {city}."


def serve() -> None:
    """Speak MCP over standard streams."""
    from mcp.server.mcpserver import MCPServer  # noqa: PLC0415 - only the tool's process needs it

    server = MCPServer("weather")
    server.tool()(weather)
    server.run("stdio")


def allow(request: PermissionRequested) -> PermissionReply:
    """Our own tool may be used, nothing else."""
    return "always" if request.action == "mcp__weather__weather" else "reject"


def main(message: str) -> None:
    """One question to Claude Code, which can now ask the tool."""
    tool = LocalMcpServer(command=sys.executable, args=(str(Path(__file__).absolute()), "serve"))
    with (
        SandboxAgent.start() as client,
        client.create_session("with a tool", agent="claude", mcp={"weather": tool}) as session,
    ):
        print(session.send(message, on_permission=allow).wait().text)


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["serve"] else main(sys.argv[1])
