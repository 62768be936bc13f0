"""Lines as the CLI prints them, shortened to what matters."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox_agent.adapter import SessionOptions
from sandbox_agent.adapter.testing import Conversation
from sandbox_agent.agents.claude import AGENT
from sandbox_agent.schema.commands import SendMessage
from sandbox_agent.schema.content import Item
from sandbox_agent.schema.events import ItemCompleted

READY = {"type": "control_response", "response": {"subtype": "success", "request_id": "initialize", "response": {}}}
INIT = {"type": "system", "subtype": "init", "session_id": "native-1", "uuid": "salt"}
DONE = {"type": "result", "subtype": "success", "is_error": False, "terminal_reason": "completed"}


class Chat(Conversation):
    """A conversation with Claude Code in dicts."""

    def __init__(self, options: SessionOptions | None = None) -> None:
        super().__init__(AGENT, options)

    def hear(self, *lines: dict[str, Any]) -> None:
        for line in lines:
            self.line(msgspec.json.encode(line))

    def send(self, text: str = "hello", *, number: int = 1, steer: bool = False) -> None:
        self.command(SendMessage(message_id=f"msg_{number}", text=text, steer=steer))

    def started(self) -> None:
        """A first turn is running."""
        self.send()
        self.hear(READY, INIT)

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    @property
    def items(self) -> list[Item]:
        """The completed items."""
        return [event.data.item for event in self.events if isinstance(event.data, ItemCompleted)]

    @property
    def last(self) -> Any:
        """What happened last."""
        return self.events[-1].data

    @property
    def written(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(line) for line in self.writes]

    @property
    def asked(self) -> list[str]:
        """Subtypes of the requests that were written."""
        return [line["request"]["subtype"] for line in self.written if line["type"] == "control_request"]

    @property
    def prompts(self) -> list[str]:
        """What the user said, as it was written."""
        return [line["message"]["content"] for line in self.written if line["type"] == "user"]


def says(text: str, message_id: str = "m1", parent: str | None = None) -> dict[str, Any]:
    message = {"id": message_id, "model": "claude", "content": [{"type": "text", "text": text}]}
    return {"type": "assistant", "message": message, "parent_tool_use_id": parent, "uuid": f"u-{text}"}


def calls(tool: str, tool_input: dict[str, Any], tool_id: str = "t1", parent: str | None = None) -> dict[str, Any]:
    block = {"type": "tool_use", "id": tool_id, "name": tool, "input": tool_input}
    return {"type": "assistant", "message": {"id": "m1", "content": [block]}, "parent_tool_use_id": parent}


def answers(content: Any, tool_id: str = "t1", *, failed: bool = False, detail: Any = None) -> dict[str, Any]:
    block = {"type": "tool_result", "tool_use_id": tool_id, "content": content, "is_error": failed}
    return {"type": "user", "message": {"role": "user", "content": [block]}, "tool_use_result": detail}


def asks(tool: str, tool_input: dict[str, Any], **fields: Any) -> dict[str, Any]:
    request = {"subtype": "can_use_tool", "tool_name": tool, "input": tool_input, "tool_use_id": "t1", **fields}
    return {"type": "control_request", "request_id": "r1", "request": request}


def streams(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": "stream_event", "event": {"type": kind, **fields}, "parent_tool_use_id": None}


def echo(line: dict[str, Any]) -> dict[str, Any]:
    """What --replay-user-messages makes of a line of ours."""
    return {**line, "isReplay": True}


def note(text: str) -> dict[str, Any]:
    return {"type": "user", "message": {"role": "user", "content": text}, "uuid": f"n-{text}"}
