"""`sandbox-agent agents ...`: the agents of a server."""

from __future__ import annotations

from sandbox_agent.cli.command import Command, Option
from sandbox_agent.cli.derive import add_group
from sandbox_agent.cli.parser import Subparsers

__all__ = ["COMMANDS", "add_parser"]

_INSTALL = {"reinstall": Option(names=("-r", "--reinstall"), help="also when it is there already")}
_READY = {"agents": Option(names=("--agents",), metavar="NAMES", help="with commas (default: what --require named)")}

COMMANDS = (
    Command(name="list", endpoint="list_agents", example="agents list"),
    Command(
        name="ready",
        endpoint="ready",
        purpose="Whether the server and these agents can work; status 1 and what is missing if not",
        example="agents ready --agents claude,codex",
        options=_READY,
    ),
    Command(
        name="install",
        endpoint="install_agent",
        example="agents install claude --reinstall",
        options=_INSTALL,
    ),
    Command(
        name="install-stream",
        endpoint="install_agent_stream",
        example="agents install-stream claude",
        options=_INSTALL,
    ),
    Command(name="modes", endpoint="agent_modes", example="agents modes claude"),
    Command(name="models", endpoint="agent_models", example="agents models claude"),
)


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to its parser."""
    add_group(subparsers, "agents", "the agents of a server", COMMANDS)
