"""The blocking client. Safe to use from several threads: one may follow a turn while another interrupts it."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from types import TracebackType
from typing import Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from sandbox_agent.client import asking, calls, wire
from sandbox_agent.client.asking import OnPermission, OnQuestion
from sandbox_agent.client.calls import Attachable, Call
from sandbox_agent.client.cursor import Cursor
from sandbox_agent.client.spawn import Daemon, LogTarget, launch
from sandbox_agent.client.sync_http import Http
from sandbox_agent.client.sync_streams import EventStream, Turn
from sandbox_agent.client.turns import Transcript, TurnReader
from sandbox_agent.schema import api
from sandbox_agent.schema.content import Item
from sandbox_agent.schema.errors import AlreadyResolved
from sandbox_agent.schema.events import Event, PermissionRequested, QuestionRequested

__all__ = ["SandboxAgent", "Session"]

P = ParamSpec("P")
T = TypeVar("T")

_PAGE = 2000


class _Of(Generic[P, T]):
    """A call of the server, as a method of the client: the same arguments, and the answer."""

    def __init__(self, make: Callable[P, Call[T]]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, client: None, owner: type[SandboxAgent]) -> Self: ...
    @overload
    def __get__(self, client: SandboxAgent, owner: type[SandboxAgent]) -> Callable[P, T]: ...
    def __get__(self, client: SandboxAgent | None, owner: type[SandboxAgent]) -> Self | Callable[P, T]:
        if client is None:
            return self
        make, http = self._make, client.http

        @functools.wraps(make)
        def method(*args: P.args, **kwargs: P.kwargs) -> T:
            return http.request(make(*args, **kwargs))

        return method


class _OfSession(Generic[P, T]):
    """A call of a session, as a method of the session: the same arguments without the id, and the answer."""

    def __init__(self, make: Callable[Concatenate[str, P], Call[T]]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, session: None, owner: type[Session]) -> Self: ...
    @overload
    def __get__(self, session: Session, owner: type[Session]) -> Callable[P, T]: ...
    def __get__(self, session: Session | None, owner: type[Session]) -> Self | Callable[P, T]:
        if session is None:
            return self
        make, bound = self._make, session

        def method(*args: P.args, **kwargs: P.kwargs) -> T:
            return bound.http.request(make(bound.id, *args, **kwargs))

        method.__doc__ = make.__doc__
        return method


class _Creating(Generic[P]):
    """The call that creates a session, as a method that returns it."""

    def __init__(self, make: Callable[Concatenate[str, P], Call[api.CreateSessionResponse]]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, client: None, owner: type[SandboxAgent]) -> Self: ...
    @overload
    def __get__(self, client: SandboxAgent, owner: type[SandboxAgent]) -> Callable[Concatenate[str, P], Session]: ...
    def __get__(
        self, client: SandboxAgent | None, owner: type[SandboxAgent]
    ) -> Self | Callable[Concatenate[str, P], Session]:
        if client is None:
            return self
        make, http = self._make, client.http

        def method(session_id: str, /, *args: P.args, **kwargs: P.kwargs) -> Session:
            http.request(make(session_id, *args, **kwargs))
            return Session(http, session_id)

        method.__doc__ = make.__doc__
        return method


class Session:
    """One conversation with one agent."""

    def __init__(self, http: Http, session_id: str) -> None:
        self.http = http
        self.id = session_id

    info = _OfSession(calls.get_session)
    events = _OfSession(calls.list_events)
    answer_permission = _OfSession(calls.reply_permission)
    reply_question = _OfSession(calls.reply_question)
    reject_question = _OfSession(calls.reject_question)
    interrupt = _OfSession(calls.interrupt)
    terminate = _OfSession(calls.terminate_session)
    delete = _OfSession(calls.delete_session)
    diff = _OfSession(calls.session_diff)
    queue = _OfSession(calls.queue)
    clear_queue = _OfSession(calls.clear_queue)
    withdraw = _OfSession(calls.withdraw_message)

    def send(
        self,
        message: str,
        *,
        attachments: Sequence[Attachable] = (),
        delivery: api.Delivery = "queue",
        include_raw: bool = False,
        on_permission: OnPermission | None = None,
        on_question: OnQuestion | None = None,
    ) -> Turn:
        """Send a message, at once; iterate over what is returned for its events, or `wait` for the result.

        While a turn runs the message waits for its end, or with `delivery` goes into it (steer) or is refused
        (reject, which raises `SessionBusy`). The callbacks answer permissions and questions.
        """
        call = calls.send_message(self.id, message, attachments=attachments, delivery=delivery)
        reader = TurnReader(self.http.request(call))
        return Turn(reader, self._turn(reader, include_raw, on_permission, on_question))

    def stream(
        self,
        *,
        offset: int = 0,
        include_raw: bool = False,
        on_permission: OnPermission | None = None,
        on_question: OnQuestion | None = None,
    ) -> EventStream:
        """All events after `offset`, then live ones, until the session ends.

        Goes on by itself after a dropped connection, without a gap and without repeating anything; raises
        `ConnectionFailed` when the server does not come back.
        """
        return EventStream(self._attended(Cursor(offset), include_raw, on_permission, on_question))

    def messages(self) -> tuple[Item, ...]:
        """The transcript: every item so far with its final content."""
        transcript, offset, more = Transcript(), 0, True
        while more:
            page = self.events(offset=offset, limit=_PAGE)
            for event in page.events:
                transcript.feed(event)
                offset = event.sequence
            more = page.has_more
        return transcript.items

    def _turn(
        self, reader: TurnReader, raw: bool, on_permission: OnPermission | None, on_question: OnQuestion | None
    ) -> Generator[Event]:
        cursor = Cursor(reader.delivered.offset)
        for event in self._follow(cursor, raw):
            if reader.take(event):
                self._attend(event, on_permission, on_question)
                yield event
            elif reader.doubtful:
                reader.settle(self.info(), cursor.offset)
            if reader.done:
                return

    def _attended(
        self, cursor: Cursor, raw: bool, on_permission: OnPermission | None, on_question: OnQuestion | None
    ) -> Generator[Event]:
        if cursor.offset:
            session = self.info()
            if session.ended and session.event_count <= cursor.offset:
                return
        for event in self._follow(cursor, raw):
            self._attend(event, on_permission, on_question)
            yield event

    def _follow(self, cursor: Cursor, raw: bool) -> Generator[Event]:
        return self.http.follow(lambda offset: calls.follow_events(self.id, offset=offset, include_raw=raw), cursor)

    def _attend(self, event: Event, on_permission: OnPermission | None, on_question: OnQuestion | None) -> None:
        call: Call[None] | None = None
        match event.data:
            case PermissionRequested() as asked if on_permission and asking.is_pending(event, self.info()):
                call = asking.permission_call(self.id, asked.permission_id, on_permission(asked))
            case QuestionRequested() as asked if on_question and asking.is_pending(event, self.info()):
                call = asking.question_call(self.id, asked.question_id, on_question(asked))
            case _:
                pass
        if call is not None:
            with contextlib.suppress(AlreadyResolved):  # somebody was quicker; the log says what
                self.http.request(call)


class SandboxAgent:
    """A client of one server. Make it with `connect` or `start`, and close it, best by `with`."""

    def __init__(self, server: wire.Server, daemon: Daemon | None = None) -> None:
        self.http = Http(server, daemon)

    @classmethod
    def connect(
        cls,
        base_url: str,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
        retries: int = 2,
        reconnects: int = 10,
    ) -> Self:
        """A client of the server at `base_url`; makes no request yet.

        `timeout` in seconds for each request, not for streams. `retries` of requests that may be repeated safely,
        `reconnects` of a stream without an event in between.
        """
        server = wire.Server(
            base_url=base_url,
            token=token,
            headers=dict(headers or {}),
            timeout=timeout,
            retries=retries,
            reconnects=reconnects,
        )
        return cls(server)

    @classmethod
    def start(
        cls,
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        data_dir: str | os.PathLike[str] | None = None,
        mock_pace: float | None = None,
        log: LogTarget = "silent",
    ) -> Self:
        """Start a daemon of your own on a free loopback port; it ends with the client, or with this process.

        `env` is added to this process's environment. Raises `ConnectionFailed` with the daemon's last words when
        it does not come up.
        """
        daemon = launch(env=env, cwd=cwd, data_dir=data_dir, mock_pace=mock_pace, log=log)
        client = cls(wire.Server(base_url=daemon.base_url, token=daemon.token), daemon)
        try:
            client.health()
        except BaseException:
            client.close()
            raise
        return client

    health = _Of(calls.health)
    list_agents = _Of(calls.list_agents)
    install_agent = _Of(calls.install_agent)
    agent_modes = _Of(calls.agent_modes)
    agent_models = _Of(calls.agent_models)
    list_sessions = _Of(calls.list_sessions)
    create_session = _Creating(calls.create_session)
    get_session = _Of(calls.get_session)
    delete_session = _Of(calls.delete_session)
    openapi = _Of(calls.openapi)

    @property
    def base_url(self) -> str:
        """Where the server is."""
        return self.http.server.base_url

    @property
    def token(self) -> str | None:
        """The server's token; for an embedded daemon, the random one."""
        return self.http.server.token

    def session(self, session_id: str) -> Session:
        """A session that exists already; makes no request yet."""
        return Session(self.http, session_id)

    def close(self) -> None:
        """Close the connections, and stop the daemon if it is ours. Safe to call again."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
