"""What the CLI says of itself (`system` lines): retries, compaction, modes, background tasks."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox_agent.adapter import Output, Synthetic
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.values import as_dict, as_list
from sandbox_agent.agents.claude.native import System
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.content import StatusPart
from sandbox_agent.schema.events import AgentUnparsed, ItemCompleted

__all__ = ["QUIET_TYPES", "News", "unparsed"]

QUIET_TYPES = frozenset(
    {
        "auth_status",
        "command_lifecycle",
        "keep_alive",
        "prompt_suggestion",
        "rate_limit_event",
        "streamlined_text",
        "streamlined_tool_use_summary",
        "tool_progress",
        "tool_use_summary",
        "update_environment_variables",
    }
)
"""Top-level types that say nothing an item, a turn or the result does not say."""

_QUIET = frozenset(
    {
        "background_tasks_changed",
        "commands_changed",
        "file_snapshot",
        "files_persisted",
        "hook_progress",
        "hook_response",
        "hook_started",
        "post_turn_summary",
        "session_metadata",
        "session_state_changed",
        "session_title_changed",
        "shell_cwd",
        "stop_hook_summary",
        "task_progress",
        "task_summary",
        "thinking_tokens",
        "turn_duration",
        "turn_starting",
        "worker_shutting_down",
    }
)
_NOTICES = frozenset(
    {
        "agents_killed",
        "api_error",
        "informational",
        "instruction_size_warning",
        "local_command",
        "local_command_output",
        "memory_recall",
        "memory_saved",
        "model_consent_fallback",
        "model_fallback",
        "model_refusal_fallback",
        "model_refusal_no_fallback",
        "notification",
        "permission_denied",
        "permission_retry",
        "scheduled_task_fire",
    }
)
_CONNECTED, _DISABLED = "connected", "disabled"
_OVER = frozenset({"completed", "failed", "killed", "stopped", "cancelled"})


class News:
    """Turns `system` lines into status items and knows which background tasks run."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self.tasks: dict[str, str | None] = {}
        """Running tasks, by id, with the tool call that started each."""
        self._servers: dict[str, str] = {}

    def item(self, line: System) -> Iterator[Output]:
        """What a line means to a reader of the session; nothing for noise."""
        match line.subtype:
            case "api_retry":
                yield self.status("retry", _retry(line))
            case "compact_boundary":
                yield self.status("compacted", _compaction(line))
            case "status":
                yield from self._status(line)
            case "task_started" | "task_updated" | "task_notification":
                yield from self._task(line)
            case quiet if quiet in _QUIET:
                pass
            case notice if notice in _NOTICES:
                yield self.status(notice, _detail(line))
            case unknown:
                yield unparsed(f"unknown system message: {unknown}")

    def servers(self, line: System) -> Iterator[Output]:
        """The MCP servers that are not as they should be, once, and again when that changes.

        Not the error itself: the CLI tells it together with the server's configuration, and so with its secrets.
        """
        for each in map(as_dict, as_list(line.mcp_servers)):
            name, status = str(each.get("name")), str(each.get("status"))
            before = self._servers.get(name, _CONNECTED)
            self._servers[name] = status
            if status not in (before, _DISABLED):
                yield self.status(f"mcp.{status}", name)

    def status(self, label: str, detail: str | None, parent: str | None = None) -> ItemCompleted:
        """A status item."""
        part = StatusPart(label=label, detail=detail)
        return self._items.complete(None, "status", "system", (part,), parent=parent)

    def _status(self, line: System) -> Iterator[Output]:
        if line.permission_mode is not None:
            yield self.status("permission_mode", line.permission_mode)
        if line.status == "compacting":
            yield self.status("compacting", None)
        if line.compact_error:
            yield self.status("compaction_failed", line.compact_error)

    def _task(self, line: System) -> Iterator[Output]:
        if line.subtype == "task_started":
            self.tasks[line.task_id] = line.tool_use_id
            yield self.status("task.started", line.description or None, line.tool_use_id)
            return
        status = line.status if line.subtype == "task_notification" else as_dict(line.patch).get("status")
        parent = self.tasks.get(line.task_id, line.tool_use_id)
        if status in _OVER:
            self.tasks.pop(line.task_id, None)
        if line.subtype == "task_notification":
            yield self.status(f"task.{status or 'updated'}", line.summary or None, line.tool_use_id or parent)


def unparsed(error: str) -> Synthetic:
    """Something nobody knows; the session keeps it as `raw`."""
    return Synthetic(data=AgentUnparsed(error=error, location="claude"))


def _retry(line: System) -> str:
    error = line.error if isinstance(line.error, str) else "error"
    reason = f"{error} ({line.error_status})" if line.error_status is not None else error
    return f"attempt {line.attempt} of {line.max_retries} in {line.retry_delay_ms / 1000:.1f} s: {reason}"


def _compaction(line: System) -> str | None:
    metadata = as_dict(line.compact_metadata)
    trigger, tokens = metadata.get("trigger"), metadata.get("pre_tokens")
    words = [str(trigger)] if trigger else []
    if tokens is not None:
        words.append(f"{tokens} tokens before")
    return ", ".join(words) or None


def _detail(line: System) -> str | None:
    for value in (line.content, line.message, line.summary, line.description, line.error):
        if value:
            return value if isinstance(value, str) else encode(value).decode()
    return None
