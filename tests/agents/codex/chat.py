"""A conversation with Codex in dicts, as its app-server would lead it."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox_agent.adapter import SessionOptions
from sandbox_agent.adapter.testing import Conversation
from sandbox_agent.agents.codex import AGENT
from sandbox_agent.schema.commands import SendMessage
from sandbox_agent.schema.content import Item
from sandbox_agent.schema.events import ItemCompleted

THREAD = "thread-1"


class Chat(Conversation):
    """Says what Codex would say to each step."""

    def __init__(self, **options: Any) -> None:
        super().__init__(AGENT, SessionOptions(session_id="session", directory="/tmp/project", **options))  # noqa: S108

    def hear(self, *lines: dict[str, Any]) -> None:
        for line in lines:
            self.line(msgspec.json.encode(line))

    def told(self, method: str, **params: Any) -> None:
        """A notification about the session's own thread, unless it names another."""
        self.hear({"method": method, "params": {"threadId": THREAD, **params}})

    def asks(self, request_id: int, method: str, **params: Any) -> None:
        self.hear({"id": request_id, "method": method, "params": {"threadId": THREAD, **params}})

    def send(self, text: str = "hello", *, number: int = 1, steer: bool = False) -> None:
        self.command(SendMessage(message_id=f"msg_{number}", text=text, steer=steer))

    def replies(self, method: str, result: Any = None, error: str | None = None) -> None:
        """The reply to our last request of that method."""
        asked = next(each for each in reversed(self.asked) if each["method"] == method)
        reply = {"result": result or {}} if error is None else {"error": {"code": -32600, "message": error}}
        self.hear({"id": asked["id"], **reply})

    def opened(self, **result: Any) -> None:
        """The server is up and the thread open."""
        self.replies("initialize")
        self.replies("account/read", {"account": None, "requiresOpenaiAuth": False})
        resumes = any(each["method"] == "thread/resume" for each in self.asked)
        self.replies("thread/resume" if resumes else "thread/start", {"thread": {"id": THREAD}, **result})

    def begun(self, turn_id: str = "turn-1") -> None:
        self.replies("turn/start", {"turn": {"id": turn_id}})
        self.told("turn/started", turn={"id": turn_id})

    def started(self) -> None:
        """A first turn is running."""
        self.send()
        self.opened()
        self.begun()

    def done(self, turn_id: str = "turn-1", status: str = "completed", **more: Any) -> None:
        self.told("turn/completed", turn={"id": turn_id, "status": status, **more})

    def item(
        self, kind: str, item_id: str = "i1", /, *, begins: bool = False, thread: str = THREAD, **fields: Any
    ) -> None:
        item = {"type": kind, "id": item_id, **fields}
        self.told("item/started" if begins else "item/completed", threadId=thread, item=item)

    @property
    def sent(self) -> list[dict[str, Any]]:
        """Everything we wrote."""
        return [msgspec.json.decode(line) for line in self.writes]

    @property
    def asked(self) -> list[dict[str, Any]]:
        """Our requests."""
        return [line for line in self.sent if "method" in line and "id" in line]

    @property
    def methods(self) -> list[str]:
        return [line.get("method", "reply") for line in self.sent]

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    @property
    def items(self) -> list[Item]:
        return [event.data.item for event in self.events if isinstance(event.data, ItemCompleted)]

    @property
    def reasons(self) -> list[str | None]:
        return [getattr(event.data, "reason", None) for event in self.events if event.type == "turn.ended"]
