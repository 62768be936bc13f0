"""What the server says beside items and turns: to-do lists, notes on its own state, and noise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from sandbox_agent.adapter import Synthetic
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.values import as_dict, as_list
from sandbox_agent.agents.opencode.native import TodosUpdated
from sandbox_agent.schema.content import StatusPart
from sandbox_agent.schema.events import AgentUnparsed, ItemCompleted, Todo, TodoUpdated

__all__ = ["QUIET", "servers", "status", "todos", "unparsed"]

QUIET = frozenset(
    {
        "catalog.updated",
        "command.executed",
        "file.edited",
        "file.watcher.updated",
        "global.disposed",
        "installation.update-available",
        "installation.updated",
        "integration.connection.updated",
        "integration.updated",
        "lsp.client.diagnostics",
        "lsp.updated",
        "mcp.tools.changed",
        "message.part.removed",
        "message.removed",
        "models-dev.refreshed",
        "permission.v2.asked",
        "permission.v2.replied",
        "plugin.added",
        "project.directories.updated",
        "project.updated",
        "question.v2.asked",
        "question.v2.rejected",
        "question.v2.replied",
        "reference.updated",
        "server.heartbeat",
        "server.instance.disposed",
        "session.deleted",
        "session.diff",
        "session.updated",
        "sync",
        "vcs.branch.updated",
    }
)
"""Events that say nothing an item, a request or a turn does not say."""

_DONE: dict[str, Literal["pending", "in_progress", "completed"]] = {
    "in_progress": "in_progress",
    "completed": "completed",
}
_CANCELLED = "cancelled"


_WELL = ("connected", "disabled")


def status(items: Items, label: str, detail: str | None = None, parent: str | None = None) -> ItemCompleted:
    """A status item."""
    return items.complete(None, "status", "system", (StatusPart(label=label, detail=detail),), parent=parent)


def servers(items: Items, told: Any) -> Iterator[ItemCompleted]:
    """The MCP servers that do not work, and why."""
    for name, state in as_dict(told).items():
        word, error = as_dict(state).get("status"), as_dict(state).get("error")
        if word not in _WELL:
            label = "mcp." + str(word).replace("_", "-").replace("needs-client-registration", "needs-auth")
            yield status(items, label, f"{name}: {error}" if error else name)


def todos(event: TodosUpdated) -> TodoUpdated:
    """The list as it is now. What was cancelled is no longer to be done."""
    entries = [as_dict(each) for each in as_list(event.todos)]
    return TodoUpdated(
        todos=tuple(
            Todo(
                id=str(entry.get("id") or number),
                content=str(entry.get("content", "")),
                status=_DONE.get(str(entry.get("status")), "pending"),
            )
            for number, entry in enumerate(entries, 1)
            if entry.get("status") != _CANCELLED
        )
    )


def unparsed(error: str) -> Synthetic:
    """Something nobody knows; the session keeps it as `raw`."""
    return Synthetic(data=AgentUnparsed(error=error, location="opencode"))
