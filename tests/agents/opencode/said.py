"""What OpenCode's server says, shortened to what matters."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox_agent.adapter import SessionOptions
from sandbox_agent.adapter.testing import Conversation
from sandbox_agent.agents.opencode import AGENT
from sandbox_agent.schema.commands import SendMessage
from sandbox_agent.schema.content import Item, streamed_text
from sandbox_agent.schema.events import ErrorReported, ItemCompleted, TurnEnded

SES = "ses_1"


class Chat(Conversation):
    """A conversation with OpenCode in dicts."""

    def __init__(self, **options: Any) -> None:
        super().__init__(AGENT, SessionOptions(session_id="session", directory="/tmp/project", **options))  # noqa: S108

    def hear(self, *lines: dict[str, Any]) -> None:
        for line in lines:
            self.line(msgspec.json.encode(line))

    def send(self, text: str = "hello", *, number: int = 1, steer: bool = False) -> None:
        self.command(SendMessage(message_id=f"msg_{number}", text=text, steer=steer))

    def started(self) -> None:
        """A first turn is running."""
        self.send()
        self.hear(CREATED, TAKEN, user("m1"))

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    @property
    def items(self) -> list[Item]:
        """The completed items."""
        return [event.data.item for event in self.events if isinstance(event.data, ItemCompleted)]

    @property
    def texts(self) -> list[str]:
        """What the completed items say, without the user's."""
        return [streamed_text(item) for item in self.items if item.role != "user"]

    @property
    def last(self) -> Any:
        """What happened last."""
        return self.events[-1].data

    @property
    def written(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(line) for line in self.writes]

    @property
    def keys(self) -> list[str]:
        """Keys of the requests that were written."""
        return [line["key"] for line in self.written]


def event(kind: str, **properties: Any) -> dict[str, Any]:
    return {"payload": {"type": kind, "properties": properties}}


def reply(key: str, status: int = 200, body: Any = None) -> dict[str, Any]:
    return {"reply": key, "status": status, "body": body}


CREATED = reply("create", body={"id": SES})
TAKEN = reply("prompt 1", 204)
CONNECTED = event("server.connected")
IDLE = event("session.idle", sessionID=SES)


def info(message_id: str, role: str, session: str = SES, **more: Any) -> dict[str, Any]:
    return {"id": message_id, "role": role, "sessionID": session, **more}


def user(message_id: str, session: str = SES) -> dict[str, Any]:
    return event("message.updated", info=info(message_id, "user", session))


def speaks(message_id: str, session: str = SES, **more: Any) -> dict[str, Any]:
    return event("message.updated", info=info(message_id, "assistant", session, **more))


def done(message_id: str, session: str = SES) -> dict[str, Any]:
    return speaks(message_id, session, time={"created": 1, "completed": 2})


def part(part_id: str, message_id: str = "m2", session: str = SES, **more: Any) -> dict[str, Any]:
    return {"id": part_id, "messageID": message_id, "sessionID": session, **more}


def updated(part_id: str, message_id: str = "m2", session: str = SES, **more: Any) -> dict[str, Any]:
    return event("message.part.updated", part=part(part_id, message_id, session, **more))


def text(part_id: str, words: str, *, over: bool = True, message_id: str = "m2", session: str = SES) -> dict[str, Any]:
    time = {"start": 1, "end": 2} if over else {"start": 1}
    return updated(part_id, message_id, session, type="text", text=words, time=time)


def delta(part_id: str, words: str, field: str = "text") -> dict[str, Any]:
    return event("message.part.delta", sessionID=SES, messageID="m2", partID=part_id, field=field, delta=words)


def tool(part_id: str, name: str, status: str, *, session: str = SES, call_id: str = "c1", **state: Any) -> Any:
    shown = {"status": status, "input": {}, **state}
    return updated(part_id, "m2", session, type="tool", tool=name, callID=call_id, state=shown)


def status(kind: str, session: str = SES, **more: Any) -> dict[str, Any]:
    return event("session.status", sessionID=session, status={"type": kind, **more})


def failure(message: str, name: str = "UnknownError", session: str = SES, **data: Any) -> dict[str, Any]:
    return event("session.error", sessionID=session, error={"name": name, "data": {"message": message, **data}})


def ends(chat: Chat) -> list[str | None]:
    return [event.data.reason for event in chat.events if isinstance(event.data, TurnEnded)]


def errors(chat: Chat) -> list[str | None]:
    return [event.data.code for event in chat.events if isinstance(event.data, ErrorReported)]
