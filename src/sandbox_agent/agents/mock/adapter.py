"""Translates between the API and the mock agent."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox_agent.adapter import Exited, Native, Output, Reached, SessionOptions, Spawn, Synthetic, Write
from sandbox_agent.adapter.items import Items
from sandbox_agent.agents.mock import native
from sandbox_agent.agents.mock.peer import MockPeer
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.commands import (
    Command,
    Interrupt,
    RejectQuestion,
    ReplyPermission,
    ReplyQuestion,
    SendMessage,
    Terminate,
)
from sandbox_agent.schema.content import TextPart
from sandbox_agent.schema.events import (
    AgentUnparsed,
    DiffUpdated,
    ErrorReported,
    EventData,
    PermissionRequested,
    QuestionRequested,
    SessionEnded,
    TodoUpdated,
    TurnEnded,
    TurnStarted,
    Usage,
    UsageUpdated,
)

__all__ = ["MockAdapter"]


class MockAdapter:
    """See `Adapter`. Counts the messages, so that native ids stay unique when the agent is started again."""

    steerable = False

    def __init__(self, options: SessionOptions) -> None:
        del options
        self._items = Items()
        self._messages = 0
        self._running = False
        self._busy = False
        self._used = Usage()

    def command(self, command: Command) -> Iterable[Output]:
        """See `Adapter`."""
        match command:
            case SendMessage():
                yield from self._send(command)
            case ReplyPermission(permission_id=id, reply=reply, message=message):
                yield _write(native.Answered(id=id, reply=reply, message=message))
            case ReplyQuestion(question_id=id, answers=answers):
                yield _write(native.Answered(id=id, answers=answers))
            case RejectQuestion(question_id=id):
                yield _write(native.Answered(id=id))
            case Interrupt():
                yield _write(native.Interrupted())
            case Terminate():
                pass

    def message(self, message: Native) -> Iterable[Output]:
        """See `Adapter`."""
        match message:
            case native.Delta(id=id, text=text):
                yield self._items.delta(id, text)
            case native.Started(id=id, kind=kind, role=role, content=content, parent=parent):
                yield self._items.start(id, kind, role, content, parent=parent)
            case native.Completed(id=id, kind=kind, role=role, content=content, status=status, parent=parent):
                yield self._items.complete(id, kind, role, content, status=status, parent=parent)
            case native.Used(turn=turn, context_window=window):
                self._used = _sum(self._used, turn)
                yield UsageUpdated(turn=turn, session=self._used, context_window=window)
            case native.TurnEnd(reason=reason):
                self._busy = False
                yield Reached(position=f"mock_{self._messages}")
                yield Synthetic(data=TurnEnded(reason=reason))
            case native.SessionEnd(reason=reason):
                yield Synthetic(data=SessionEnded(reason=reason, terminated_by="agent"))
            case _:
                yield _rare(message)

    def exited(self, exit: Exited) -> Iterable[Output]:
        """See `Adapter`. The session ends the turn; a start that failed says why before."""
        if exit.error is not None and self._busy:
            yield Synthetic(data=ErrorReported(message=exit.error, code="process_exit"))
        self._running = self._busy = False

    def _send(self, command: SendMessage) -> Iterable[Output]:
        self._messages += 1
        self._busy = True
        prefix = f"mock_{self._messages}"
        text = command.text
        if command.files:
            text += "\n\nAttachments:\n" + "\n".join(f"- {file.path}" for file in command.files)
        yield Synthetic(data=TurnStarted())
        if spoken := text.strip():
            yield self._items.start(f"{prefix}_user", "message", "user", [TextPart(text=spoken)])
            yield self._items.complete(f"{prefix}_user", "message", "user", [TextPart(text=spoken)])
        if not self._running:
            self._running = True
            yield Spawn(link="scripted", peer=MockPeer)
        yield _write(native.Prompt(prefix=prefix, text=text))


def _rare(message: Native) -> EventData | Synthetic:
    match message:
        case native.AskedPermission(id=id, action=action, metadata=metadata):
            return PermissionRequested(permission_id=id, action=action, metadata=metadata)
        case native.AskedQuestion(id=id, questions=(first, *_) as questions, plan=plan):
            options = tuple(choice.label for choice in first.options)
            return QuestionRequested(
                question_id=id, prompt=first.question, options=options, questions=questions, plan=plan
            )
        case native.Failed(message=text, code=code, details=details):
            return Synthetic(data=ErrorReported(message=text, code=code, details=details))
        case native.Todos(todos=todos):
            return TodoUpdated(todos=todos)
        case native.Changed(files=files, diff=diff):
            return DiffUpdated(scope="turn", files=files, diff=diff)
        case _:
            return Synthetic(data=AgentUnparsed(error="unsupported payload", location="mock.stream"))


def _write(message: native.Heard) -> Write:
    return Write(data=encode(message) + b"\n")


def _sum(one: Usage, two: Usage) -> Usage:
    return Usage(
        input_tokens=one.input_tokens + two.input_tokens,
        output_tokens=one.output_tokens + two.output_tokens,
        cache_read_tokens=one.cache_read_tokens + two.cache_read_tokens,
        cache_write_tokens=one.cache_write_tokens + two.cache_write_tokens,
        cost_usd=(one.cost_usd or 0.0) + (two.cost_usd or 0.0),
    )
