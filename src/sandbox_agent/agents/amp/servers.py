"""What has become of the session's MCP servers, from the first line of each process."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox_agent.adapter import Output
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.values import as_dict, as_list
from sandbox_agent.agents.amp.native import Init
from sandbox_agent.schema.content import StatusPart

__all__ = ["Servers"]

_WORKS = "connected"
_WORDS = {
    "authenticating": "needs-auth",
    "awaiting-approval": "needs-auth",
    "blocked-by-registry": "failed",
    "connecting": "pending",
    "denied": "failed",
    "reconnecting": "failed",
}
"""Amp's words as other agents have them. A server that cannot be started is being reconnected for ever."""


class Servers:
    """Tells of each that does not work, once, and again when that changes."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._told: dict[str, str] = {}

    def seen(self, line: Init) -> Iterator[Output]:
        """A process has begun."""
        for server in map(as_dict, as_list(line.mcp_servers)):
            name, status = str(server.get("name")), str(server.get("status"))
            word = _WORDS.get(status, status)
            before = self._told.get(name, _WORKS)
            self._told[name] = word
            if word not in (before, _WORKS):
                part = StatusPart(label=f"mcp.{word}", detail=name)
                yield self._items.complete(None, "status", "system", (part,))
