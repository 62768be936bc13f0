"""A session without a daemon: one adapter and its keeper, driven by hand. No clock, no I/O, nothing caught."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import msgspec

from sandbox_agent.adapter import (
    Agent,
    Exited,
    HelperReply,
    Identified,
    Native,
    Output,
    Reached,
    SessionOptions,
    Spawn,
    Stop,
    Synthetic,
    Write,
)
from sandbox_agent.adapter.keeper import Keeper, Request, Resolution, rejection
from sandbox_agent.schema.commands import (
    Answer,
    Command,
    Interrupt,
    RejectQuestion,
    ReplyPermission,
    ReplyQuestion,
    SendMessage,
    Terminate,
)
from sandbox_agent.schema.events import (
    Event,
    EventData,
    PermissionRequested,
    PermissionStatus,
    QuestionRequested,
    QuestionResolved,
    SessionEnded,
    SessionStarted,
    TurnEnded,
    TurnStarted,
)

__all__ = ["Conversation"]

_TIME = "2026-01-01T00:00:00.000Z"
_STATUS: dict[str, PermissionStatus] = {"once": "accept", "always": "accept_for_session", "reject": "reject"}


class Conversation:
    """Does what the runtime's session does with answers, queued messages, interrupts and the ends of turns.

    Permissions are answered by nobody: what the session's policy would answer must be a command like any other.
    """

    def __init__(self, agent: Agent, options: SessionOptions | None = None) -> None:
        self.agent = agent
        self.options = options or SessionOptions(session_id="session", directory="/tmp/project")  # noqa: S108
        self.events: list[Event] = []
        self.said: list[EventData] = []
        """What the adapter said, before the keeper made it legal."""
        self.effects: list[Spawn | Write | HelperReply | Stop] = []
        self.keeper = Keeper()
        self.native_session_id = self.options.resume or agent.native_id(self.options.session_id)
        self.position: str | None = None
        """Where a fork would begin."""
        self._adapter = agent.adapter(self.options)
        self._answers: dict[str, Answer] = {}
        self._queue: deque[SendMessage] = deque()
        self._beginning: str | None = None
        self._interrupting = False
        self._say(SessionStarted(), synthetic=True)

    @property
    def ended(self) -> bool:
        """The session is over."""
        return bool(self.events) and self.events[-1].type == "session.ended"

    @property
    def queued(self) -> int:
        """Messages that wait for the turn to end."""
        return len(self._queue)

    @property
    def writes(self) -> list[bytes]:
        """What the adapter wrote to its agent."""
        return [effect.data for effect in self.effects if isinstance(effect, Write)]

    def command(self, command: Command) -> None:
        """A client asks. Messages wait for the end of the turn, unless they may be steered into it."""
        if self.ended:
            return
        match command:
            case SendMessage():
                steered = command.steer and self.keeper.turn_open and self._adapter.steerable
                if steered or not (self.keeper.turn_open or self._queue):
                    self._begin(command)
                else:
                    self._queue.append(msgspec.structs.replace(command, steer=False))
            case ReplyPermission() | ReplyQuestion() | RejectQuestion():
                self._answer(command)
            case Interrupt():
                if self.keeper.turn_open and not self._interrupting:
                    self._interrupting = True
                    self._take(self._adapter.command(command))
            case Terminate():
                self._take(self._adapter.command(command))
                self._say(SessionEnded(reason="terminated", terminated_by="daemon"), synthetic=True)
        self._settle()

    def line(self, line: bytes) -> None:
        """The agent says a line; noise is not heard."""
        try:
            native = self.agent.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        self.message(native)

    def message(self, native: Native) -> None:
        """The agent says something."""
        if not self.ended:
            self._take(self._adapter.message(native))
            self._settle()

    def exited(self, exit: Exited) -> None:
        """The agent process is gone."""
        if self.ended:
            return
        before = len(self.effects)
        self._take(self._adapter.exited(exit))
        spawning = any(isinstance(effect, Spawn) for effect in self.effects[before:])
        if self.keeper.turn_open and not spawning:
            ended = TurnEnded(reason="agent_exited", exit_code=exit.exit_code, stderr=exit.stderr)
            self._say(ended, synthetic=True)
        self._settle()

    def _settle(self) -> None:
        while self._queue and not self.keeper.turn_open and not self.ended:
            self._begin(self._queue.popleft())

    def _begin(self, command: SendMessage) -> None:
        self._beginning = None if command.steer else command.message_id
        self._take(self._adapter.command(command))

    def _answer(self, answer: Answer) -> None:
        request = self.keeper.pending.get(_key(answer))
        if request is None or isinstance(request, PermissionRequested) != isinstance(answer, ReplyPermission):
            return
        self._answers[_key(answer)] = answer
        self._say(_resolution(answer, request), synthetic=True)
        self._take(self._adapter.command(answer))

    def _take(self, outputs: Iterable[Output]) -> None:
        for output in list(outputs):
            match output:
                case EventData():
                    self.said.append(output)
                    self._say(output, synthetic=False)
                case Synthetic(data=data):
                    self.said.append(data)
                    self._say(data, synthetic=True)
                case Identified(native_session_id=native_id):
                    self.native_session_id = native_id
                case Reached(position=position):
                    self.position = position
                case Spawn() | Write() | HelperReply() | Stop():
                    self.effects.append(output)

    def _say(self, data: EventData, *, synthetic: bool) -> None:
        match data:
            case TurnStarted() if not self.keeper.turn_open:
                data, self._beginning = msgspec.structs.replace(data, message_id=self._beginning), None
            case TurnEnded() if self.keeper.turn_open:
                data = self._turn_ends(data)
            case PermissionRequested(permission_id=key) | QuestionRequested(question_id=key) if key in self._answers:
                self._take(self._adapter.command(self._answers[key]))
            case _:
                pass
        for kept in self.keeper.feed(data, synthetic=synthetic):
            self._record(kept.data, synthetic=kept.synthetic)

    def _turn_ends(self, ended: TurnEnded) -> TurnEnded:
        for request in list(self.keeper.pending.values()):
            self._answer(_refusal(request))
        if self._interrupting and ended.reason != "terminated":
            ended = msgspec.structs.replace(ended, reason="interrupted")
        self._interrupting = False
        return ended

    def _record(self, data: EventData, *, synthetic: bool) -> None:
        sequence = len(self.events) + 1
        self.events.append(
            Event(
                event_id=f"evt_{sequence}",
                sequence=sequence,
                time=_TIME,
                session_id=self.options.session_id,
                type=data.TYPE,
                data=data,
                native_session_id=self.native_session_id,
                synthetic=synthetic,
                source="daemon" if synthetic else "agent",
            )
        )


def _key(answer: Answer) -> str:
    return answer.permission_id if isinstance(answer, ReplyPermission) else answer.question_id


def _refusal(request: Request) -> Answer:
    if isinstance(request, PermissionRequested):
        return ReplyPermission(permission_id=request.permission_id, reply="reject")
    return RejectQuestion(question_id=request.question_id)


def _resolution(answer: Answer, request: Request) -> Resolution:
    resolved = rejection(request)
    match answer:
        case ReplyPermission(reply=reply):
            return msgspec.structs.replace(resolved, status=_STATUS[reply])
        case ReplyQuestion(answers=answers) if isinstance(resolved, QuestionResolved):
            first = next(iter(answers[0]), None) if answers else None
            return msgspec.structs.replace(resolved, status="answered", response=first, answers=answers)
        case _:
            return resolved
