"""Translates a long-lived Amp process: one process for many turns, started at the first message.

The CLI prints whole messages, and its `result` line only at its end. So a turn ends with a message of the model that
calls no tool. An error and an interrupt end the process too; the next message starts another one, which goes on with
the thread. Turns may begin without a message of ours: a message meant to steer came too late, or somebody else writes
into the thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from sandbox_agent.adapter import Exited, Identified, Native, Output, SessionOptions, Stop, Synthetic
from sandbox_agent.adapter.exits import broken_off
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.values import as_dict
from sandbox_agent.agents.amp import lines
from sandbox_agent.agents.amp.errors import LOST, NO_KEY, SILENT_TRIES, TRIES, UNREACHABLE, error_of, startup_error
from sandbox_agent.agents.amp.launch import KEY, spawn
from sandbox_agent.agents.amp.native import Assistant, HelperAsks, HelperGone, Init, Result, User
from sandbox_agent.agents.amp.permissions import Permissions
from sandbox_agent.agents.amp.servers import Servers
from sandbox_agent.agents.amp.tools import Tools
from sandbox_agent.agents.amp.usage import Meter
from sandbox_agent.schema.commands import Command, Interrupt, ReplyPermission, SendMessage
from sandbox_agent.schema.content import ContentPart, FileRefPart, ImagePart, ReasoningPart, TextPart
from sandbox_agent.schema.events import AgentUnparsed, TurnEnded, TurnReason, TurnStarted

__all__ = ["AmpAdapter"]

_GOES_ON = (None, "tool_use")
"""Stop reasons after which the turn is not over."""


class _Process(Enum):
    GONE = "gone"
    STARTING = "starting"
    UP = "up"
    ENDING = "ending"


class AmpAdapter:
    """One session of Amp."""

    def __init__(self, options: SessionOptions) -> None:
        self._options = options
        self._items = Items()
        self._tools = Tools(self._items, options.directory)
        self._permissions = Permissions(self._items, self._tools)
        self._servers = Servers(self._items)
        self._meter = Meter()
        self._process = _Process.GONE
        self._native_id = options.resume
        self._turn = False
        self._interrupting = False
        # Tries to reach the service, by Amp's own count: the last, the last before it was connected, before it spoke.
        self._trying = self._tried = self._heard = 0
        self._held: SendMessage | None = None
        self._sent: SendMessage | None = None
        self._sent_again = False
        self._echoes: list[str] = []

    @property
    def steerable(self) -> bool:
        """What is said while a tool runs is read together with the tool's result."""
        return self._turn and self._process is _Process.UP and not self._interrupting and self._tools.running

    # From the session

    def command(self, command: Command) -> Iterator[Output]:
        """A client asks for something."""
        match command:
            case SendMessage(steer=True) if self.steerable:
                yield self._user_item(command)
                self._echoes.append(lines.expected(command))
                yield lines.prompt(command)
            case SendMessage():
                yield from self._begin(command)
            case ReplyPermission():
                yield from self._permissions.answered(command)
            case Interrupt():
                yield from self._interrupt()
            case _:
                pass

    def _begin(self, message: SendMessage) -> Iterator[Output]:
        self._turn = True
        yield Synthetic(data=TurnStarted())
        yield self._user_item(message)
        if self._options.environ and not self._options.environ.get(KEY):
            # It would open a browser and wait for somebody to log in. (Recordings are played without any environment.)
            yield Synthetic(data=NO_KEY)
            yield from self._end("error")
        elif self._process is _Process.ENDING:
            self._held = message
        else:
            yield from self._deliver(message)

    def _deliver(self, message: SendMessage) -> Iterator[Output]:
        if self._process is _Process.GONE:
            self._process = _Process.STARTING
            self._trying = self._tried = 0
            yield spawn(self._options, self._native_id)
        self._sent = message
        self._heard = self._trying
        self._echoes.append(lines.expected(message))
        yield lines.prompt(message)

    def _interrupt(self) -> Iterator[Output]:
        if not self._turn or self._interrupting:
            return
        self._interrupting = True
        if self._held is not None:
            yield from self._end("interrupted")
            return
        if self._process is not _Process.ENDING:
            self._process = _Process.ENDING
            yield Stop()

    def _user_item(self, message: SendMessage) -> Output:
        parts: list[ContentPart] = [TextPart(text=message.text)]
        for file in message.files:
            is_image = file.mime.startswith("image/")
            parts.append(
                ImagePart(path=file.path, mime=file.mime) if is_image else FileRefPart(path=file.path, action="read")
            )
        return Synthetic(data=self._items.complete(f"user_{message.message_id}", "message", "user", parts))

    # From the agent

    def message(self, message: Native) -> Iterator[Output]:
        """The agent says something."""
        match message:
            case Init():
                yield from self._up(message)
            case Assistant():
                self._heard = self._trying
                yield from self._assistant(message)
            case User():
                self._heard = self._trying
                yield from self._user(message)
            case Result():
                yield from self._result(message)
            case HelperAsks():
                yield from self._permissions.asked(message)
            case HelperGone(id=helper):
                yield from self._permissions.gone(helper)
            case {"@timestamp": str(), **record}:
                yield from self._reconnects(record.get("attempt"), connected=record.get("nextState") == "connected")
            case other:
                kind = as_dict(other).get("type")
                yield Synthetic(data=AgentUnparsed(error=f"unknown message: {kind}", location="amp"))

    def _up(self, line: Init) -> Iterator[Output]:
        if self._process is _Process.STARTING:
            self._process = _Process.UP
        if line.session_id and line.session_id != self._native_id:
            self._native_id = line.session_id
            yield Identified(native_session_id=line.session_id)
        yield from self._servers.seen(line)

    def _assistant(self, line: Assistant) -> Iterator[Output]:
        yield from self._begin_unasked()
        parent = line.parent_tool_use_id
        for block in line.message.content:
            match block.type:
                case "text":
                    yield self._items.complete(
                        None, "message", "assistant", (TextPart(text=block.text),), parent=parent
                    )
                case "thinking":
                    thought = ReasoningPart(text=block.thinking)
                    yield self._items.complete(None, "message", "assistant", (thought,), parent=parent)
                case "tool_use":
                    yield from self._tools.called(block, parent)
                case unknown:
                    yield Synthetic(data=AgentUnparsed(error=f"unknown block: {unknown}", location="amp"))
        if parent is not None:
            return
        self._meter.count(line.message.usage or {})
        if line.message.stop_reason not in _GOES_ON and self._turn and self._process is not _Process.ENDING:
            yield from self._end("completed")

    def _user(self, line: User) -> Iterator[Output]:
        text = "\n".join(block.text for block in line.message.content if block.type == "text")
        for block in line.message.content:
            if block.type == "tool_result":
                yield from self._tools.result(block, line.parent_tool_use_id)
        if not text:
            return
        self._sent, self._sent_again = None, False
        if (words := lines.echo((text,))) in self._echoes:
            self._echoes.remove(words)
        else:
            # Of somebody else who writes into the thread, or of a subagent.
            yield from self._begin_unasked()
            part = TextPart(text=text)
            yield self._items.complete(None, "message", "user", (part,), parent=line.parent_tool_use_id)

    def _begin_unasked(self) -> Iterator[Output]:
        if not self._turn and self._process is _Process.UP:
            self._turn = True
            yield Synthetic(data=TurnStarted())

    # The end of a turn

    def _result(self, line: Result) -> Iterator[Output]:
        """The process is about to end."""
        was_ending = self._process is _Process.ENDING
        self._process = _Process.ENDING
        if was_ending:
            return
        if self._turn and line.is_error:
            error = error_of(line.error)
            yield error
            yield from self._end("error")
        elif self._turn:
            yield from self._end("completed")
        yield Stop()

    def _reconnects(self, attempt: object, *, connected: bool) -> Iterator[Output]:
        """It has lost its service, or loses it again and again, and would try for ever.

        Each of its two sockets counts, and goes on counting after a success.
        """
        if connected:
            self._tried = self._trying
        if not isinstance(attempt, int):
            return
        self._trying = attempt
        self._tried, self._heard = min(self._tried, attempt - 1), min(self._heard, attempt - 1)
        lost = attempt - self._tried > TRIES or attempt - self._heard > SILENT_TRIES
        if not lost or not self._turn or self._process is _Process.ENDING:
            return
        self._process = _Process.ENDING
        yield Synthetic(data=UNREACHABLE)
        yield from self._end("error")
        yield Stop()

    def _end(self, reason: TurnReason) -> Iterator[Output]:
        usage = self._meter.rest()
        if usage is not None:
            yield usage
        self._rest()
        yield TurnEnded(reason=reason)

    def _rest(self) -> None:
        self._turn = False
        self._interrupting = False
        self._held = None
        self._sent, self._sent_again = None, False
        self._tools.forget()

    def exited(self, exit: Exited) -> Iterator[Output]:
        """The agent process is gone; the next message starts another that goes on with the thread."""
        was, self._process = self._process, _Process.GONE
        self._permissions.forget()
        self._echoes.clear()
        held, self._held = self._held, None
        if held is not None:
            self._tools.forget()
            yield from self._deliver(held)
        elif self._turn and self._interrupting:
            yield from self._end("interrupted")
        elif self._turn:
            yield from self._broken_off(exit, was)

    def _broken_off(self, exit: Exited, was: _Process) -> Iterator[Output]:
        if exit.error is not None:
            self._rest()
            yield from broken_off(exit)
        elif was is _Process.STARTING and (exit.exit_code or 0) >= 0:
            error = startup_error(exit.stderr)
            if error.code == LOST:
                self._native_id = None  # the next message begins a new thread
            yield Synthetic(data=error)
            yield from self._end("error")
        elif self._sent is not None and not self._sent_again and was is _Process.UP:
            # It went to a process that was dying already: nothing of it was begun, so nothing happens twice.
            message, self._sent_again = self._sent, True
            yield from self._deliver(message)
        else:
            usage = self._meter.rest()
            if usage is not None:
                yield usage
            self._rest()
            yield from broken_off(exit)
