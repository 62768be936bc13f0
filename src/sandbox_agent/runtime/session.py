"""One conversation with one agent: the only writer of its log.

Everything that changes a session runs in its task, in the order of its inbox: what the agent said, that its process
ended, what clients ask. The adapter says what to make of each, the recorder writes it down, and effects are done after
the events that explain them are in the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec

from sandbox_agent.adapter import Adapter, Agent, Exited, Identified, Output, Reached, SessionOptions, Synthetic
from sandbox_agent.adapter.frames import LineTooLong
from sandbox_agent.adapter.hints import hint_of
from sandbox_agent.adapter.mending import SHORT, flattened, mended
from sandbox_agent.runtime import requests
from sandbox_agent.runtime.attachments import read_attachments
from sandbox_agent.runtime.backlog import Backlog, Sent, Waiting
from sandbox_agent.runtime.bugs import print_bug
from sandbox_agent.runtime.changes import Announcer, Changes
from sandbox_agent.runtime.channel import Channel
from sandbox_agent.runtime.configuration import told_of
from sandbox_agent.runtime.forks import Forks
from sandbox_agent.runtime.inbox import Call, Entry, Gone, Inbox, Lines, Overdue
from sandbox_agent.runtime.recorder import Recorder
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.runtime.shared import SharedServers
from sandbox_agent.schema import api
from sandbox_agent.schema.commands import Answer, AttachedFile, Interrupt, SendMessage
from sandbox_agent.schema.errors import InvalidRequest, SessionBusy
from sandbox_agent.schema.events import (
    AgentUnparsed,
    DiffUpdated,
    ErrorReported,
    EventData,
    ItemDelta,
    PermissionRequested,
    PermissionResolved,
    QuestionRequested,
    QuestionResolved,
    SessionEnded,
    SessionStarted,
    TurnEnded,
    TurnStarted,
)
from sandbox_agent.schema.grammar import SessionPhase

__all__ = ["Session"]

_NOT_GIVEN = "a bug of the server: the message could not be given to the agent"
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Session:
    """Drives one agent. Public methods may be called from any task of the loop."""

    def __init__(
        self,
        agent: Agent,
        options: SessionOptions,
        settings: Settings,
        *,
        servers: SharedServers | None = None,
        wish: api.CreateSessionRequest | None = None,
    ) -> None:
        self.agent = agent
        self.options = options
        self.wish = wish or api.CreateSessionRequest(agent=agent.name)
        """What the client asked for; `options` says what came of it."""
        self._settings = settings
        self._adapter: Adapter = agent.adapter(options)
        self._recorder = Recorder(options.session_id, options.resume or agent.native_id(options.session_id))
        self.log = self._recorder.log
        self._keeper = self._recorder.keeper
        self.forks = Forks(options)
        self._requests = requests.Requests(options.permission_mode, remembers=agent.remembers)
        self._inbox = Inbox()
        self._backlog = Backlog()
        self._channel = Channel(self._inbox, settings, servers or SharedServers(settings), options.private_dir)
        self.changes = Changes(options.directory, settings.environ, settings.data_dir)
        self._announcer = Announcer(self.changes, lambda changed: self._ask(lambda: self._changed(changed)))
        self._interrupting = False
        self._beginning: str | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._messages = 0
        self._say(SessionStarted(metadata=told_of(agent, options)), synthetic=True)
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"session {options.session_id}")

    # What clients see

    @property
    def state(self) -> api.SessionState:
        """Idle, running, waiting for an answer, or ended."""
        if self.log.ended:
            return "ended"
        if self._keeper.pending:
            return "waiting"
        return "running" if self._keeper.turn_open or self._backlog else "idle"

    @property
    def turn_id(self) -> str | None:
        """The running turn."""
        return self._keeper.turn_id

    @property
    def native_session_id(self) -> str | None:
        """The agent's own id of this session, once it told it."""
        return self._recorder.native_session_id

    @property
    def times(self) -> tuple[int, int]:
        """When the session was created and last updated, in milliseconds since the epoch."""
        return self._recorder.created, self._recorder.updated

    @property
    def pending(self) -> tuple[PermissionRequested | QuestionRequested, ...]:
        """The requests that wait for an answer, oldest first."""
        return tuple(self._keeper.pending.values())

    def queue(self) -> api.Queue:
        """The messages that wait, next one first."""
        return self._backlog.listing()

    # What clients ask

    async def send(self, request: api.MessageRequest, more: tuple[AttachedFile, ...] = ()) -> Sent:
        """Give the agent a message, now, into the running turn, or when it rests: see `MessageRequest.delivery`.

        `more`: files beside those that the request names. Raises `InvalidRequest` when the session has ended or an
        attachment cannot be read (`PermissionDenied` outside the file root), `SessionBusy` with `delivery` reject.
        """
        await self.changes.ready()
        where = self.options.directory, self._settings.fs_root
        files = await asyncio.to_thread(read_attachments, request.attachments, *where) if request.attachments else ()
        sent: Sent = await self._ask(lambda: self._send(request, files + more))
        return sent

    async def answer(self, answer: Answer) -> None:
        """Answer a permission or a question. The same answer again is fine.

        Raises `InvalidRequest` for an unknown id and where the session has ended first, `AlreadyResolved` when the
        answer was another.
        """
        await self._ask(lambda: self._answer(answer))

    async def interrupt(self, *, clear_queue: bool = False) -> None:
        """End the running turn, if there is one; the session stays usable."""
        await self._ask(lambda: self._interrupt(clear_queue=clear_queue))

    async def withdraw(self, message_id: str) -> None:
        """Take a message out of the queue. Raises `NotFound` when it is not there (any more)."""
        await self._ask(lambda: self._backlog.withdraw(message_id))

    async def clear_queue(self) -> None:
        """Take all messages out of the queue."""
        await self._ask(self._backlog.clear)

    async def terminate(self) -> None:
        """End the session: on return its processes are gone and its log is complete. Safe to call again."""
        await self._ask(self._terminate)
        await asyncio.wait([self._task])

    # The task

    async def _ask(self, run: Callable[[], Any]) -> Any:
        call = Call(run)
        if self._task.done():
            await call.perform()
        else:
            self._inbox.put(call)
        return await asyncio.shield(call.reply)

    async def _run(self) -> None:
        try:
            while not self.log.ended:
                entry = await self._inbox.get()
                try:
                    await self._process(entry)
                    await self._settle()
                except Exception as error:  # noqa: BLE001 - a bug here must cost one entry, not the session
                    self._failed(error)
                self.log.wake()
        finally:
            await self._finish()

    async def _process(self, entry: Entry) -> None:
        match entry:
            case Lines(lines=lines):
                if self._channel.is_current(entry):
                    self._read(lines)
                    self.log.wake()
                    await asyncio.sleep(0)
            case Gone(exit=exit):
                if self._channel.is_current(entry):
                    self._gone(exit)
            case Overdue(turn_id=turn_id):
                await self._overdue(turn_id)
            case Call():
                await entry.perform()

    async def _settle(self) -> None:
        """Do the effects of what was said, then begin what waits."""
        await self._channel.settle()
        while self._backlog and self._keeper.phase is SessionPhase.IDLE:
            self._begin(self._backlog.take())
            await self._channel.settle()

    async def _finish(self) -> None:
        """The last breath of the task: nobody waits for an answer that will not come, no process is left."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._backlog.clear()
        self.log.wake()
        await self._channel.abandon(grace=0)
        for entry in self._inbox.drain():
            if isinstance(entry, Call):
                await entry.perform()

    # From the agent

    def _read(self, lines: list[bytes | LineTooLong]) -> None:
        decode, message, recorder = self.agent.decode, self._adapter.message, self._recorder
        for line in lines:
            if isinstance(line, LineTooLong):
                self._unparsed(f"a line of {line.size} bytes is over the limit and was thrown away")
                continue
            if len(line) > SHORT:
                line = flattened(line)  # noqa: PLW2901 - what is kept with the events must be readable too
            try:
                native = decode(line)
            except _UNREADABLE:
                line = mended(line)  # noqa: PLW2901 - as above
                try:
                    native = decode(line)
                except _UNREADABLE:
                    self._channel.noise(line)
                    continue
            recorder.raw = line
            try:
                self._take(message, native)
            except Exception as error:  # noqa: BLE001 - a bug here must cost one line, not those after it
                self._failed(error)
            recorder.raw = None

    def _gone(self, exit: Exited) -> None:
        self._channel.gone()
        self._take(self._adapter.exited, exit)
        if self._keeper.turn_open and not self._channel.spawning:
            ended = TurnEnded(reason="agent_exited", exit_code=exit.exit_code, stderr=exit.stderr)
            self._say(ended, synthetic=True)

    def _take(self, ask: Callable[[Any], Iterable[Output]], argument: Any) -> bool:
        """Ask the adapter; a bug in it costs one message, whole or not at all. Whether it went well."""
        try:
            said = ask(argument)
            outputs = said if isinstance(said, tuple) else list(said)
        except Exception as error:  # noqa: BLE001 - the session must outlive any bug of an adapter
            print_bug(error)
            self._unparsed(f"{type(error).__name__} in the adapter: {error}")
            return False
        for output in outputs:
            if type(output) is ItemDelta and self._recorder.delta(output):
                pass
            elif isinstance(output, EventData):
                self._say(output, synthetic=False)
            elif isinstance(output, Synthetic):
                self._say(output.data, synthetic=True)
            elif isinstance(output, Identified):
                self._recorder.native_session_id = output.native_session_id
            elif isinstance(output, Reached):
                self.forks.reached(self.turn_id, self.native_session_id, output.position)
            else:
                self._channel.add(output)
        return True

    def _failed(self, error: Exception) -> None:
        print_bug(error)
        self._say(ErrorReported(message=f"internal error: {error}", code="internal_error"), synthetic=True)

    def _unparsed(self, error: str) -> None:
        self._say(AgentUnparsed(error=error, location=self.agent.name), synthetic=True)

    def _say(self, data: EventData, *, synthetic: bool) -> None:
        match data:
            case TurnStarted() if not self._keeper.turn_open:
                data, self._beginning = msgspec.structs.replace(data, message_id=self._beginning), None
            case TurnEnded() if self._keeper.turn_open:
                data = self._turn_ends(data)
            case PermissionRequested() | QuestionRequested():
                self._repeat_answer(data)
            case PermissionResolved() | QuestionResolved():
                self._requests.withdrawn(data)
            case ErrorReported(code=code) if hint := hint_of(code, self.agent.name, self.agent.credentials):
                data = msgspec.structs.replace(data, hint=data.hint or hint)
            case SessionEnded():
                self._requests.session_ends(self._keeper.pending)
            case _:
                pass
        for recorded in self._recorder.say(data, synthetic=synthetic):
            if isinstance(recorded, PermissionRequested):
                reply = self._requests.automatic(recorded)
                if reply is not None:
                    self._answer(reply)

    def _repeat_answer(self, request: PermissionRequested | QuestionRequested) -> None:
        """An agent that asks again under an id that was answered hears the same answer, or it would wait for ever."""
        answer = self._requests.answered(request)
        if answer is not None:
            self._take(self._adapter.command, answer)

    def _turn_ends(self, data: TurnEnded) -> TurnEnded:
        """A turn that was told to stop was interrupted, however its agent puts it; and no request outlives its turn."""
        for request in self.pending:
            self._answer(requests.refusal(request))
        if self._interrupting and data.reason != "terminated":
            data = msgspec.structs.replace(data, reason="interrupted")
        self._interrupting = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._channel.is_program:
            self._announcer.look()
        return data

    def _changed(self, changed: DiffUpdated) -> None:
        if not self.log.ended:
            self._say(changed, synthetic=True)

    # Calls, run in the task

    def _send(self, request: api.MessageRequest, files: tuple[AttachedFile, ...]) -> Sent:
        if self.log.ended:
            raise InvalidRequest("session terminated", session_id=self.options.session_id)
        idle = self._keeper.phase is SessionPhase.IDLE and not self._backlog
        if not idle and request.delivery == "reject":
            raise SessionBusy(self.options.session_id, session_id=self.options.session_id)
        self._messages += 1
        steer = request.delivery == "steer" and self._keeper.turn_open and self._adapter.steerable
        message = SendMessage(message_id=f"msg_{self._messages}", text=request.message, files=files, steer=steer)
        waiting = Waiting(message, request, asyncio.get_running_loop().create_future())
        offset = self.log.last
        if idle or steer:
            self._begin(waiting)
        else:
            self._backlog.add(waiting)
        delivery: Literal["started", "steered", "queued"] = "steered" if steer else "started" if idle else "queued"
        return Sent(message.message_id, delivery, waiting.started, offset)

    def _begin(self, waiting: Waiting) -> None:
        waiting.started.set_result(self.log.last)
        self._beginning = None if waiting.message.steer else waiting.message.message_id
        if not self._take(self._adapter.command, waiting.message) and not self._keeper.turn_open:
            for data in (
                TurnStarted(),
                ErrorReported(message=_NOT_GIVEN, code="internal_error"),
                TurnEnded(reason="error"),
            ):
                self._say(data, synthetic=True)

    def _answer(self, answer: Answer) -> None:
        resolved = self._requests.resolve(answer, self._keeper.pending)
        if resolved is not None:
            self._say(resolved, synthetic=True)
            self._take(self._adapter.command, answer)

    def _interrupt(self, *, clear_queue: bool) -> None:
        if clear_queue:
            self._backlog.clear()
        if not self._keeper.turn_open or self._interrupting:
            return
        self._interrupting = True
        turn_id = self._keeper.turn_id
        self._take(self._adapter.command, Interrupt())
        if self._keeper.turn_id == turn_id:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(self._settings.interrupt_deadline, self._inbox.put, Overdue(turn_id))

    async def _overdue(self, turn_id: str | None) -> None:
        if self._keeper.turn_id != turn_id or not self._keeper.turn_open:
            return
        if self._channel.open:
            await self._channel.close(grace=0)
        else:
            self._say(TurnEnded(reason="interrupted"), synthetic=True)

    async def _terminate(self) -> None:
        if self.log.ended:
            return
        self._backlog.clear()
        await self._channel.abandon(self._settings.close_grace)
        self._say(SessionEnded(reason="terminated", terminated_by="daemon"), synthetic=True)
