"""Translates conversations with an OpenCode server, which may serve other sessions too.

The first message of a process creates the conversation, or looks for the one to go on with; then it is prompted, and
everything comes as events. A turn is over when the conversation is idle and the agent's last message is complete:
after errors and aborts `session.idle` comes twice, the first time before the last words. What is idle without a word
is asked for its state before it is believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from sandbox_agent.adapter import Exited, Identified, Native, Output, Reached, SessionOptions, Synthetic
from sandbox_agent.adapter.exits import broken_off
from sandbox_agent.adapter.http import Reply
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.values import as_dict
from sandbox_agent.agents.opencode import gap
from sandbox_agent.agents.opencode.asks import Asks
from sandbox_agent.agents.opencode.calls import Calls
from sandbox_agent.agents.opencode.conversation import Conversation
from sandbox_agent.agents.opencode.door import Door
from sandbox_agent.agents.opencode.errors import error_of, failed_request, unforeseen
from sandbox_agent.agents.opencode.launch import spawn
from sandbox_agent.agents.opencode.native import (
    Connected,
    MessageUpdated,
    Other,
    PartDelta,
    PartUpdated,
    PermissionAsked,
    PermissionReplied,
    QuestionAsked,
    QuestionRejected,
    QuestionReplied,
    SessionCompacted,
    SessionCreated,
    SessionError,
    SessionIdle,
    SessionStatus,
    TodosUpdated,
)
from sandbox_agent.agents.opencode.news import QUIET, servers, status, todos, unparsed
from sandbox_agent.agents.opencode.tools import Tools
from sandbox_agent.schema.commands import (
    Command,
    Interrupt,
    RejectQuestion,
    ReplyPermission,
    ReplyQuestion,
    SendMessage,
    Terminate,
)
from sandbox_agent.schema.events import ErrorReported, TurnEnded, TurnReason, TurnStarted

__all__ = ["RETRIES", "OpenCodeAdapter"]

RETRIES = 5
"""How often the agent may ask its model again before we end the turn. 1.18.33 gives up after as many by itself."""


class _Phase(Enum):
    REST = "rest"
    OPENING = "opening"
    """The conversation is being created or looked for."""
    PROMPTED = "prompted"
    """The message is on its way."""
    RUNNING = "running"


class OpenCodeAdapter:
    """One session of OpenCode."""

    def __init__(self, options: SessionOptions) -> None:
        self._options = options
        self._items = Items()
        self._calls = Calls(options)
        self._tools = Tools(self._items, options.directory)
        self._talk = Conversation(self._items, self._tools)
        self._asks = Asks(self._items, self._tools, self._calls, lambda: self._talk.last_text)
        self._phase = _Phase.REST
        self._spawned = False
        self._door = Door(self._calls, options)
        self._message: SendMessage | None = None
        self._sent_again = False
        self._interrupting = False
        self._idle = False
        self._errors: list[ErrorReported] = []

    @property
    def steerable(self) -> bool:
        """The server gives a message to the model with its next step."""
        return self._phase is _Phase.RUNNING and not self._interrupting

    @property
    def _native_id(self) -> str | None:
        return self._door.native_id

    # From the session

    def command(self, command: Command) -> Iterator[Output]:
        """A client asks for something."""
        match command:
            case SendMessage(steer=True) if self.steerable and self._native_id is not None:
                yield self._talk.user_item(command)
                self._talk.expect()
                yield self._calls.prompt(self._native_id, command)
            case SendMessage():
                yield Synthetic(data=TurnStarted())
                yield self._talk.user_item(command)
                self._message = command
                self._phase = _Phase.OPENING
                yield from self._deliver()
            case ReplyPermission() | ReplyQuestion() | RejectQuestion():
                yield from self._asks.answered(command)
                if (words := self._asks.more_words()) is not None:
                    self._talk.expect()
                    yield self._calls.prompt(self._native_id or "", words)
            case Interrupt():
                yield from self._interrupt()
            case Terminate():
                pass

    def _deliver(self) -> Iterator[Output]:
        if not self._spawned:
            self._spawned = True
            yield spawn(self._options)
        if self._door.open:
            yield from self._prompt()
        else:
            yield from self._door.knock()

    def _prompt(self) -> Iterator[Output]:
        if self._message is not None and self._native_id is not None:
            self._phase = _Phase.PROMPTED
            self._talk.expect()
            yield self._calls.prompt(self._native_id, self._message)

    def _interrupt(self) -> Iterator[Output]:
        if self._phase is _Phase.REST or self._interrupting:
            return
        if self._phase is _Phase.OPENING:
            yield from self._end("interrupted")
            return
        self._interrupting = True
        yield from self._abort()

    def _abort(self) -> Iterator[Output]:
        for native_id in (self._native_id, *self._talk.break_off()):
            if native_id is not None:
                yield self._calls.abort(native_id)

    # From the agent

    def message(self, message: Native) -> Iterable[Output]:
        """The agent says something."""
        if type(message) is PartDelta:
            return self._talk.delta(message) if self._ours(message.session_id) else ()
        if isinstance(message, Reply):
            return self._reply(message)
        return self._event(message)

    def _event(self, event: Native) -> Iterator[Output]:
        match event:
            case PartUpdated(part=part):
                if self._ours(part.session_id):
                    yield from self._talk.part(part)
            case MessageUpdated():
                yield from self._message_updated(event)
            case SessionCreated(info=info):
                if info.parent_id is not None and self._ours(info.parent_id):
                    self._talk.child(info.id, info.parent_id)
            case Connected():
                yield from self._reconnected()
            case Other(session_id=session_id, type=kind):
                if kind not in QUIET and (not session_id or self._ours(session_id)):
                    yield unparsed(f"unknown event: {kind}")
            case _ if isinstance(event, dict):
                yield unparsed("neither an event nor a reply")
            case _:
                if self._ours(event.session_id):
                    yield from self._about_session(event)

    def _reconnected(self) -> Iterator[Output]:
        if self._phase in (_Phase.PROMPTED, _Phase.RUNNING) and self._native_id is not None:
            yield from gap.ask(self._calls, self._talk, self._native_id)

    def _about_session(self, event: Native) -> Iterator[Output]:
        match event:
            case SessionStatus():
                yield from self._status(event)
            case SessionIdle():
                yield from self._rests(event.session_id)
            case SessionError(error=error):
                yield from self._failed(event.session_id, error)
            case PermissionAsked():
                yield from self._asks.permission(event)
            case PermissionReplied():
                yield from self._asks.replied(event)
            case QuestionAsked():
                yield from self._asks.question(event)
            case QuestionReplied() | QuestionRejected():
                yield from self._asks.question_over(event)
            case TodosUpdated():
                if event.session_id == self._native_id:
                    yield todos(event)
            case SessionCompacted():
                yield status(self._items, "compacted")
            case _:
                yield unparsed(f"unknown event: {type(event).__name__}")

    def _ours(self, session_id: str) -> bool:
        return session_id == self._native_id or session_id in self._talk.children

    # The course of a turn

    def _message_updated(self, event: MessageUpdated) -> Iterator[Output]:
        info = event.info
        if not self._ours(info.session_id):
            return
        ours = self._talk.message(info)
        if ours and self._phase in (_Phase.REST, _Phase.PROMPTED):
            # At rest: a message that was to steer came too late, and the server runs it next.
            if self._phase is _Phase.REST:
                yield Synthetic(data=TurnStarted())
            self._phase = _Phase.RUNNING
            self._message = None
            self._idle = False
            if self._interrupting:
                yield from self._abort()
        if info.session_id == self._native_id and info.role == "assistant":
            if info.error is not None:
                yield from self._failed(info.session_id, info.error)
            if self._idle and info.over:
                yield from self._over()

    def _status(self, event: SessionStatus) -> Iterator[Output]:
        child = event.session_id != self._native_id
        self._talk.busy(event.session_id, busy=event.status.type != "idle")
        if not child and event.status.type != "idle":
            self._idle = False
        if event.status.type != "retry" or self._phase is not _Phase.RUNNING:
            return
        said = event.status
        parent = self._talk.parent_of(event.session_id)
        yield status(self._items, "retry", f"attempt {said.attempt} of {RETRIES}: {said.message}", parent)
        if said.attempt > RETRIES and not self._errors:
            error = ErrorReported(message=f"given up after {RETRIES} retries: {said.message}", code="retries_exhausted")
            self._errors.append(error)
            yield error
            yield from self._abort()

    def _rests(self, session_id: str) -> Iterator[Output]:
        self._talk.busy(session_id, busy=False)
        if session_id != self._native_id or self._phase is not _Phase.RUNNING:
            return  # a subagent, or the second time
        self._idle = True
        if self._talk.speaking:
            return  # its last words are still to come
        if self._talk.spoke or self._errors or self._interrupting:
            yield from self._over()
        else:
            yield self._calls.states()

    def _failed(self, session_id: str, error: object) -> Iterator[Output]:
        told = error_of(error)
        if self._phase not in (_Phase.PROMPTED, _Phase.RUNNING) or told is None:
            return
        if session_id != self._native_id:
            yield status(self._items, "subagent_failed", told.message, self._talk.parent_of(session_id))
            return
        if self._errors:
            return  # it is told twice, the second time with where in the server it happened
        self._errors.append(told)
        yield told
        if self._phase is _Phase.PROMPTED:
            # It did not even take the message, so nothing more will come.
            yield from self._over()
        elif unforeseen(told):
            yield self._calls.states()

    def _over(self) -> Iterator[Output]:
        reason: TurnReason = "error" if self._errors else "completed"
        yield from self._end("interrupted" if self._interrupting else reason)

    def _end(self, reason: TurnReason) -> Iterator[Output]:
        usage = self._talk.meter.after_turn()
        if usage is not None:
            yield usage
        self._rest(well=reason == "completed")
        if self._talk.newest:
            yield Reached(position=self._talk.newest)
        yield TurnEnded(reason=reason)

    def _rest(self, *, well: bool) -> None:
        self._phase = _Phase.REST
        self._message = None
        self._sent_again = False
        self._interrupting = False
        self._idle = False
        self._errors.clear()
        self._tools.forget()
        self._talk.rest(well=well)

    # Replies

    def _reply(self, reply: Reply) -> Iterator[Output]:
        match reply.reply.split(" ")[0]:
            case "create" | "find" | "origin" | "copied":
                yield from self._opened(reply)
            case "prompt":
                if not reply.ok and self._phase in (_Phase.PROMPTED, _Phase.RUNNING):
                    yield failed_request(reply, "the message was not taken")
                    yield from self._end("error")
            case "states":
                yield from self._state(reply)
            case "servers" if reply.ok:
                yield from servers(self._items, reply.body)
            case "messages" | "permissions" | "questions" if reply.ok:
                for event in gap.missed(reply, self._talk):
                    yield from self._event(event)
            case _:
                pass  # an answer or an abort that came too late: events tell what became of it

    def _opened(self, reply: Reply) -> Iterator[Output]:
        sought = self._door.sought
        match self._door.answered(reply):
            case "going":
                yield from self._door.knock()
            case "open" | "copied" as opened:
                if opened == "copied":
                    self._talk.copied(reply)
                yield Identified(native_session_id=self._native_id or "")
                yield from self._calls.servers()
                yield from self._prompt()
            case "lost":
                detail = "the agent has lost the conversation and begins a new one"
                yield status(self._items, "resume_failed", detail)
                if self._phase is _Phase.OPENING:
                    yield from self._deliver()
            case "unknown" if self._phase is _Phase.OPENING:
                yield ErrorReported(message=f"there is no conversation {sought}", code="resume_failed")
                yield from self._end("error")
            case "failed" if self._phase is _Phase.OPENING:
                yield failed_request(reply, "there is no conversation")
                yield from self._end("error")
            case _:
                pass

    def _state(self, reply: Reply) -> Iterator[Output]:
        """What is not busy any more has ended, whether we heard of it or not."""
        state = as_dict(as_dict(reply.body).get(self._native_id or "")).get("type", "idle")
        if self._phase is _Phase.RUNNING and reply.ok and state == "idle":
            yield from self._over()

    # The end of the server

    def exited(self, exit: Exited) -> Iterator[Output]:
        """The server is gone; the next message starts another, which finds the conversation again."""
        self._spawned = False
        self._door.shut()
        self._asks.forget()
        untouched = self._phase in (_Phase.OPENING, _Phase.PROMPTED) and not self._interrupting
        if untouched and self._message is not None and not self._sent_again and exit.error is None:
            # It was dying already, or died of another session: nothing was begun, so nothing happens twice.
            self._sent_again = True
            self._talk.rest(well=False)
            self._phase = _Phase.OPENING
            yield from self._deliver()
            return
        if self._phase is _Phase.REST:
            return
        usage = self._talk.meter.after_turn()
        if usage is not None:
            yield usage
        self._rest(well=False)
        yield from broken_off(exit)
