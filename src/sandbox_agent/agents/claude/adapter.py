"""Translates a long-lived Claude Code process: one process for many turns, started at the first message.

A process is first asked to `initialize`; the prompt is held until that is answered (sending both at once was measured
to be no quicker). An interrupt before it drops the prompt and the process too, which may be one that hangs. Every turn
begins with a `system/init` line, which names the native session, and ends with a `result` line. Turns may also begin
without a prompt of ours: when a background task ends, or a message meant to steer came too late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from sandbox_agent.adapter import Exited, Identified, Native, Output, Reached, SessionOptions, Stop, Synthetic, Write
from sandbox_agent.adapter.exits import broken_off
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.values import as_dict
from sandbox_agent.agents.claude import lines
from sandbox_agent.agents.claude.blocks import Blocks
from sandbox_agent.agents.claude.errors import error_of
from sandbox_agent.agents.claude.launch import spawn
from sandbox_agent.agents.claude.native import (
    Assistant,
    ControlCancel,
    ControlRequest,
    ControlResponse,
    Result,
    StreamEvent,
    System,
    User,
    text_of,
)
from sandbox_agent.agents.claude.news import QUIET_TYPES, News, unparsed
from sandbox_agent.agents.claude.permissions import Permissions
from sandbox_agent.agents.claude.tools import Tools
from sandbox_agent.agents.claude.usage import Meter
from sandbox_agent.schema.commands import (
    Command,
    Interrupt,
    RejectQuestion,
    ReplyPermission,
    ReplyQuestion,
    SendMessage,
    Terminate,
)
from sandbox_agent.schema.content import ContentPart, FileRefPart, ImagePart, TextPart
from sandbox_agent.schema.events import TurnEnded, TurnReason, TurnStarted

__all__ = ["ClaudeAdapter"]

_INTERRUPTED = "[Request interrupted by user"
_COMMAND_OUTPUT = "<local-command-stdout>"


class _Process(Enum):
    GONE = "gone"
    STARTING = "starting"
    READY = "ready"


class ClaudeAdapter:
    """One session of Claude Code."""

    def __init__(self, options: SessionOptions) -> None:
        self._options = options
        self._items = Items()
        self._blocks = Blocks(self._items)
        self._tools = Tools(self._items, options.directory)
        self._permissions = Permissions(self._items, options.permission_mode)
        self._news = News(self._items)
        self._meter = Meter()
        self._process = _Process.GONE
        self._native_id = options.resume
        self._fork = options.fork
        self._asked_to_resume = options.resume is not None or options.fork is not None
        self._position = ""
        self._turn = False
        self._interrupting = False
        self._held: SendMessage | None = None
        self._untaken = False
        self._sent: SendMessage | None = None
        self._sent_again = False
        self._steered: set[str] = set()
        self._lost = False
        self._dismissed = False
        self._said: Assistant | None = None
        self._salt = ""
        self._controls = 0

    @property
    def steerable(self) -> bool:
        """The CLI takes a message into its turn when it comes back from a tool."""
        return self._turn and self._process is _Process.READY and not self._interrupting and self._tools.running

    # From the session

    def command(self, command: Command) -> Iterator[Output]:
        """A client asks for something."""
        match command:
            case SendMessage(steer=True) if self.steerable:
                yield self._user_item(command)
                uuid = lines.steer_uuid(command.message_id, self._salt)
                self._steered.add(uuid)
                yield lines.prompt(command, uuid)
            case SendMessage():
                self._turn = True
                yield Synthetic(data=TurnStarted())
                yield self._user_item(command)
                yield from self._deliver(command)
            case ReplyPermission() | ReplyQuestion() | RejectQuestion():
                yield from self._permissions.answered(command)
            case Interrupt():
                yield from self._interrupt()
            case Terminate():
                pass

    def _deliver(self, message: SendMessage) -> Iterator[Output]:
        if self._process is _Process.READY:
            yield self._prompt(message)
            return
        self._held = message
        if self._process is _Process.GONE:
            yield from self._start()

    def _start(self) -> Iterator[Output]:
        self._process = _Process.STARTING
        self._meter.restarted(resumed=self._native_id is not None or self._fork is not None)
        yield spawn(self._options, self._native_id, self._fork)
        yield Write(data=lines.initialize())

    def _interrupt(self) -> Iterator[Output]:
        if not self._turn or self._interrupting:
            return
        if self._process is not _Process.READY:
            self._dismissed = True
            yield from self._end("interrupted")
            yield Stop()
            return
        self._interrupting = True
        yield self._control("interrupt")
        # An interrupt leaves background tasks alone; the turn contract does not.
        for task_id in self._news.tasks:
            yield self._control("stop_task", task_id=task_id)

    def _control(self, subtype: str, **fields: str) -> Output:
        self._controls += 1
        return lines.control(f"{subtype}_{self._controls}", subtype, **fields)

    def _user_item(self, message: SendMessage) -> Output:
        parts: list[ContentPart] = [TextPart(text=message.text)]
        for file in message.files:
            is_image = file.mime.startswith("image/")
            parts.append(
                ImagePart(path=file.path, mime=file.mime) if is_image else FileRefPart(path=file.path, action="read")
            )
        return Synthetic(data=self._items.complete(f"user_{message.message_id}", "message", "user", parts))

    # From the agent

    def message(self, message: Native) -> Iterable[Output]:
        """The agent says something."""
        if isinstance(message, StreamEvent):
            return self._blocks.stream(message) if message.parent_tool_use_id is None else ()
        return self._line(message)

    def _line(self, message: Native) -> Iterator[Output]:
        match message:
            case Assistant():
                yield from self._assistant(message)
            case User():
                yield from self._user(message)
            case System():
                yield from self._system(message)
            case Result():
                yield from self._result(message)
            case ControlRequest() | ControlCancel() | ControlResponse():
                yield from self._control_line(message)
            case other:
                kind = as_dict(other).get("type")
                if not isinstance(kind, str) or kind not in QUIET_TYPES:
                    yield unparsed(f"unknown message: {kind}")

    def _control_line(self, line: ControlRequest | ControlCancel | ControlResponse) -> Iterator[Output]:
        match line:
            case ControlRequest() if line.request.subtype == "can_use_tool":
                yield from self._permissions.asked(line, self._plan(line.request.tool_use_id))
            case ControlRequest():
                yield lines.refuse(line.request_id, f"not supported: {line.request.subtype}")
                yield unparsed(f"unknown request: {line.request.subtype}")
            case ControlCancel():
                yield from self._permissions.cancelled(line.request_id)
            case ControlResponse():
                if line.response.request_id == lines.INITIALIZE and self._process is _Process.STARTING:
                    # A refused `initialize` does no harm: turns work without it.
                    self._process = _Process.READY
                    yield from self._send_held()

    def _send_held(self) -> Iterator[Output]:
        if self._held is not None:
            message, self._held = self._held, None
            yield self._prompt(message)

    def _prompt(self, message: SendMessage) -> Output:
        self._untaken = True
        self._sent = message
        return lines.prompt(message)

    def _assistant(self, line: Assistant) -> Iterator[Output]:
        if line.parent_tool_use_id is None and line.uuid:
            self._position = line.uuid
        if line.error is not None and line.parent_tool_use_id is None:
            self._said = line
            return
        for block in line.message.content:
            if not isinstance(block, str) and block.type == "tool_use":
                self._tools.called(block, line.parent_tool_use_id)
        yield from self._blocks.finished(line, interrupted=self._interrupting)

    def _user(self, line: User) -> Iterator[Output]:
        content = line.message.content
        if not isinstance(content, str):
            for block in content:
                if block.type == "tool_result":
                    yield from self._tools.result(line, block)
        text = text_of(content)
        if text.startswith(_COMMAND_OUTPUT):
            detail = text.removeprefix(_COMMAND_OUTPUT).partition("</")[0].strip()
            yield self._news.status("command", detail or None)
        elif line.is_replay:
            self._taken(line)
        elif text and not text.startswith(_INTERRUPTED):
            yield self._note(line, text)

    def _note(self, line: User, text: str) -> Output:
        """Text that the CLI gives the model in the user's place: a subagent's task, a skill, a summary."""
        is_task = line.parent_tool_use_id is not None
        return self._items.complete(
            line.uuid or None,
            "message" if is_task else "system",
            "user" if is_task else "system",
            (TextPart(text=text),),
            parent=line.parent_tool_use_id,
        )

    def _taken(self, line: User) -> None:
        if line.uuid in self._steered:
            self._steered.discard(line.uuid)
        else:
            self._untaken = False

    def _system(self, line: System) -> Iterator[Output]:
        if line.subtype != "init":
            yield from self._news.item(line)
            return
        self._salt = line.uuid
        if line.session_id and line.session_id != self._native_id:
            yield Identified(native_session_id=line.session_id)
        self._native_id = line.session_id or self._native_id
        self._asked_to_resume = False
        self._sent = None
        self._sent_again = False
        if not self._turn:
            yield from self._begin_unasked()
        yield from self._news.servers(line)

    def _begin_unasked(self) -> Iterator[Output]:
        self._turn = True
        yield Synthetic(data=TurnStarted())

    def _plan(self, tool_use_id: str) -> str | None:
        call = self._tools.call(tool_use_id)
        given = as_dict(call.input).get("plan") if call else None
        return given if isinstance(given, str) else self._tools.plan or self._blocks.last_text or None

    # The end of a turn

    def _result(self, line: Result) -> Iterator[Output]:
        if self._process is _Process.STARTING:
            yield from self._refused(line)
            return
        yield self._meter.after(line)
        if self._untaken and line.origin is not None:
            # The end of a turn the CLI began by itself; our prompt is next.
            return
        said, self._said = self._said, None
        aborted = (line.terminal_reason or "").startswith("aborted")
        interrupted = self._interrupting or aborted
        if line.is_error and not interrupted:
            yield error_of(line, said)
        reason: TurnReason = "interrupted" if interrupted else "error" if line.is_error else "completed"
        yield from self._end(reason)
        if self._steered and not interrupted:
            # Too late to steer: the CLI runs the message next, and nobody else may begin a turn before.
            yield from self._begin_unasked()
        self._steered.clear()

    def _refused(self, line: Result) -> Iterator[Output]:
        """A result before anything was asked: the CLI cannot resume the native session, and exits."""
        self._lost = True
        if self._asked_to_resume:
            # The client named that session, so it must know; its next message begins a new one.
            self._native_id = self._fork = None
            self._asked_to_resume = False
            yield error_of(line, None)
            yield from self._end("error")

    def _end(self, reason: TurnReason) -> Iterator[Output]:
        self._rest()
        if self._position:
            yield Reached(position=self._position)
        yield TurnEnded(reason=reason)

    def _rest(self) -> None:
        self._turn = False
        self._interrupting = False
        self._held = None
        self._sent = None
        self._sent_again = False
        self._untaken = False
        self._tools.forget()

    def exited(self, exit: Exited) -> Iterator[Output]:
        """The agent process is gone; the next message starts another that resumes the native session."""
        self._process = _Process.GONE
        self._permissions.forget()
        self._news.tasks.clear()
        self._steered.clear()
        lost, self._lost = self._lost, False
        dismissed, self._dismissed = self._dismissed, False
        if dismissed and self._held is not None:
            yield from self._start()
            return
        if lost and self._held is not None:
            self._native_id, self._position = None, ""
            yield self._news.status("resume_failed", "the agent has lost the conversation and begins a new one")
            yield from self._start()
            return
        if not self._turn:
            return
        if self._sent is not None and not self._sent_again and not self._interrupting and exit.error is None:
            # It went to a process that was dying already: nothing of it was begun, so nothing happens twice.
            self._held, self._sent, self._sent_again = self._sent, None, True
            yield from self._start()
            return
        self._rest()
        yield from broken_off(exit)
