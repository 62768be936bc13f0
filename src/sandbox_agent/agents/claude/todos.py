"""The agent's to-do list, put together from the results of its tools for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from sandbox_agent.adapter.values import as_dict, as_list
from sandbox_agent.schema.events import Todo, TodoUpdated

__all__ = ["Todos"]

Status = Literal["pending", "in_progress", "completed"]
_STATUS: dict[str, Status] = {"pending": "pending", "in_progress": "in_progress", "completed": "completed"}


class Todos:
    """The list as it is now. The CLI has two sets of tools for it: `Task...`, one entry each, and `TodoWrite`, all."""

    def __init__(self) -> None:
        self._todos: dict[str, Todo] = {}

    def after(self, tool: str, given: dict[str, Any], result: dict[str, Any]) -> Iterator[TodoUpdated]:
        """The new list, if the call of `tool` changed it."""
        before = dict(self._todos)
        match tool:
            case "TaskCreate":
                task = as_dict(result.get("task"))
                self._put(task.get("id"), task.get("subject") or given.get("subject"), "pending")
            case "TaskUpdate":
                self._update(given, result)
            case "TaskList":
                self._replace(result.get("tasks"), "subject")
            case "TodoWrite":
                self._replace(result.get("newTodos"), "content")
            case _:
                return
        if self._todos != before:
            yield TodoUpdated(todos=tuple(self._todos.values()))

    def _put(self, key: object, content: object, status: object) -> None:
        if isinstance(key, str | int) and isinstance(content, str):
            self._todos[str(key)] = Todo(id=str(key), content=content, status=_STATUS.get(str(status), "pending"))

    def _update(self, given: dict[str, Any], result: dict[str, Any]) -> None:
        known = self._todos.get(str(result.get("taskId") or given.get("taskId")))
        if known is None or result.get("success") is False:
            return
        status = as_dict(result.get("statusChange")).get("to") or given.get("status") or known.status
        if status == "deleted":
            del self._todos[known.id]
        else:
            self._put(known.id, given.get("subject") or known.content, status)

    def _replace(self, entries: object, content_key: str) -> None:
        if entries is None:
            return
        self._todos.clear()
        for number, each in enumerate(as_list(entries), 1):
            entry = as_dict(each)
            self._put(entry.get("id") or number, entry.get(content_key), entry.get("status"))
