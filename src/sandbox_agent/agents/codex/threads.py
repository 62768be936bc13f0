"""The threads of one session: its own, and those of its subagents; and the commands that run in each."""

from __future__ import annotations

from sandbox_agent.adapter.values import as_list, as_text
from sandbox_agent.agents.codex.native import ThreadItem
from sandbox_agent.agents.codex.tools import tool_name

__all__ = ["Threads"]


class Threads:
    """Learns from the items of each thread which others there are, and what runs."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}
        self.subturns: dict[str, str] = {}
        """Turns that subagents are in, by thread."""
        self.running: dict[str, tuple[str, str]] = {}
        """Commands of the turn that run: item to thread and process."""
        self.mcp_calls: dict[str, str] = {}
        """The last call of each tool of a tool server: what an elicitation is about."""
        self.mcp_tools: dict[str, str] = {}
        """The tool of each tool server that was called last: 0.163 names only the server."""

    def parent(self, thread_id: str) -> str | None:
        """The call that spawned the thread of a subagent."""
        return self._parents.get(thread_id)

    def note(self, item: ThreadItem, thread_id: str, *, begins: bool) -> None:
        """Remember what an item tells of others."""
        match item.type:
            case "collabAgentToolCall":
                for child in as_list(item.receiver_thread_ids):
                    self._parents.setdefault(as_text(child), item.id)
            case "subAgentActivity":
                self._parents.setdefault(as_text(item.agent_thread_id), item.id)
            case "mcpToolCall" if begins:
                name = tool_name(item.server, item.tool)
                self.mcp_calls[name] = item.id
                self.mcp_tools[as_text(item.server)] = as_text(item.tool)
            case "commandExecution" if begins and as_text(item.process_id):
                self.running[item.id] = (thread_id, as_text(item.process_id))
            case "commandExecution":
                self.running.pop(item.id, None)
            case _:
                pass

    def forget(self) -> None:
        """The server is gone with all of them."""
        for known in (self._parents, self.subturns, self.running):
            known.clear()
