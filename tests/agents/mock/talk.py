"""The mock agent and its adapter in one conversation, without a daemon, and written down."""

from __future__ import annotations

import dataclasses

from sandbox_agent.adapter import Adapter, Exited, Native, Peer, PeerExit, SessionOptions, Spawn, Stop, Write
from sandbox_agent.adapter.testing import Conversation, Recorder
from sandbox_agent.agents.mock import AGENT
from sandbox_agent.schema.commands import (
    AttachedFile,
    Interrupt,
    PermissionReply,
    RejectQuestion,
    ReplyPermission,
    ReplyQuestion,
    SendMessage,
)
from sandbox_agent.schema.content import streamed_text
from sandbox_agent.schema.events import Event, ItemCompleted


class Talk:
    def __init__(self) -> None:
        self.recorder: Recorder
        agent = dataclasses.replace(AGENT, adapter=self._adapter, decode=self._decode)
        self.session = Conversation(agent, SessionOptions(session_id="session", directory="/tmp/project"))  # noqa: S108
        self._peer: Peer | None = None
        self._done = 0
        self._messages = 0

    @property
    def events(self) -> list[Event]:
        return self.session.events

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    @property
    def texts(self) -> list[str]:
        """What the agent said, message by message."""
        items = [event.data.item for event in self.events if isinstance(event.data, ItemCompleted)]
        return [streamed_text(item) for item in items if item.kind == "message" and item.role == "assistant"]

    def send(self, text: str, *paths: str, lines: int | None = None) -> Talk:
        self._messages += 1
        files = tuple(AttachedFile(path=path, mime="text/plain", filename=path, data=b"...") for path in paths)
        self.session.command(SendMessage(message_id=f"msg_{self._messages}", text=text, files=files))
        return self.go_on(lines)

    def reply(self, permission_id: str, reply: PermissionReply, message: str | None = None) -> Talk:
        self.session.command(ReplyPermission(permission_id=permission_id, reply=reply, message=message))
        return self.go_on()

    def answer(self, question_id: str, *answers: tuple[str, ...]) -> Talk:
        self.session.command(ReplyQuestion(question_id=question_id, answers=answers))
        return self.go_on()

    def refuse(self, question_id: str) -> Talk:
        self.session.command(RejectQuestion(question_id=question_id))
        return self.go_on()

    def interrupt(self) -> Talk:
        self.session.command(Interrupt())
        return self.go_on()

    def go_on(self, lines: int | None = None) -> Talk:
        """Let the agent speak until it rests, or for some lines."""
        while lines is None or lines > 0:
            self._do_effects()
            try:
                line = self._peer.next() if self._peer is not None else None
            except PeerExit as left:
                self._peer = None
                self.session.exited(left.exit)
                continue
            if line is None:
                break
            lines = None if lines is None else lines - 1
            self.session.line(line)
        return self

    def _do_effects(self) -> None:
        for effect in self.session.effects[self._done :]:
            self._done += 1
            match effect:
                case Spawn(peer=peer):
                    assert peer is not None
                    self._peer = peer()
                case Write(data=data):
                    if self._peer is not None:
                        self._peer.send(data)
                case Stop():
                    self._peer = None
                    self.session.exited(Exited(exit_code=0))

    def _adapter(self, options: SessionOptions) -> Adapter:
        self.recorder = Recorder(AGENT, options)
        return self.recorder

    def _decode(self, line: bytes) -> Native:
        return self.recorder.decode(line)
