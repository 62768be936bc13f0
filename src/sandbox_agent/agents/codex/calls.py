"""What one session asks of its threads: to begin a turn, to take more into it, to break it off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox_agent.adapter import Output, SessionOptions
from sandbox_agent.adapter.jsonrpc import Calls
from sandbox_agent.agents.codex.launch import turn_params
from sandbox_agent.agents.codex.lines import collaboration, user_input
from sandbox_agent.agents.codex.server import Handler, Server, ignore
from sandbox_agent.schema.commands import SendMessage

__all__ = ["ThreadCalls"]


class ThreadCalls:
    """Builds the requests, and knows again the messages that went with them."""

    def __init__(self, options: SessionOptions, server: Server, calls: Calls[Handler]) -> None:
        self._options = options
        self._server = server
        self._calls = calls
        self._modal = server.planning
        """Whether Codex was ever told of plan mode, so that it must also be told when it is over."""
        self._sent: set[str] = set()

    def start(self, given: list[dict[str, Any]], message_id: str, then: Handler) -> Output:
        """Begin a turn."""
        self._sent.add(message_id)
        planning = self._server.planning
        params: dict[str, Any] = {"threadId": self._server.thread_id, "input": given, "clientUserMessageId": message_id}
        params |= turn_params(self._options, planning=planning)
        if self._modal:
            params["collaborationMode"] = collaboration(self._server.model, self._server.effort, planning=planning)
        return self._calls.ask("turn/start", params, then)

    def steer(self, message: SendMessage, turn_id: str | None, then: Handler) -> Output:
        """Take a message into the turn that runs."""
        self._sent.add(message.message_id)
        params = {
            "threadId": self._server.thread_id,
            "input": user_input(message),
            "expectedTurnId": turn_id,
            "clientUserMessageId": message.message_id,
        }
        return self._calls.ask("turn/steer", params, then)

    def interrupt(self, turns: Mapping[str, str]) -> Iterator[Output]:
        """Break off native turns. `turns`: by their threads."""
        for thread_id, turn_id in turns.items():
            yield self._calls.ask("turn/interrupt", {"threadId": thread_id, "turnId": turn_id}, ignore)

    def terminate(self, thread_id: str, process_id: str, then: Handler) -> Output:
        """End a command that runs."""
        params = {"threadId": thread_id, "processId": process_id}
        return self._calls.ask("thread/backgroundTerminals/terminate", params, then)

    def sent(self, message_id: str | None) -> bool:
        """Whether a message that Codex tells of came from here, and is in the log."""
        return message_id in self._sent

    def forget(self) -> None:
        """The server is gone, and tells of none of them any more."""
        self._sent.clear()
