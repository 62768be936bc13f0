"""A session of the blocking client."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from types import TracebackType
from typing import Literal, Self

from sandbox_agent.client import asking, calls
from sandbox_agent.client.asking import OnPermission, OnQuestion, Request
from sandbox_agent.client.calls import Attachable, Call
from sandbox_agent.client.cursor import Cursor
from sandbox_agent.client.leaving import leaving
from sandbox_agent.client.sync_files import Files
from sandbox_agent.client.sync_http import Http
from sandbox_agent.client.sync_methods import OfSession
from sandbox_agent.client.sync_streams import EventStream, RequestStream, Turn
from sandbox_agent.client.turns import Transcript, TurnReader
from sandbox_agent.schema import api
from sandbox_agent.schema.content import Item
from sandbox_agent.schema.errors import AlreadyResolved
from sandbox_agent.schema.events import Event, PermissionRequested, QuestionRequested

__all__ = ["Session"]

_PAGE = 2000


class Session:
    """One conversation with one agent. In a `with` block it is terminated at the end; its history stays."""

    def __init__(self, http: Http, session_id: str) -> None:
        self.http = http
        self.id = session_id

    info = OfSession(calls.get_session)
    events = OfSession(calls.list_events)
    answer_permission = OfSession(calls.reply_permission)
    reply_question = OfSession(calls.reply_question)
    reject_question = OfSession(calls.reject_question)
    interrupt = OfSession(calls.interrupt)
    terminate = OfSession(calls.terminate_session)
    delete = OfSession(calls.delete_session)
    diff = OfSession(calls.session_diff)
    queue = OfSession(calls.queue)
    clear_queue = OfSession(calls.clear_queue)
    withdraw = OfSession(calls.withdraw_message)

    @property
    def files(self) -> Files:
        """Files; relative paths begin in the session's working directory."""
        return Files(self.http, self.id)

    def fork(  # noqa: PLR0913 - the fields of the request
        self,
        new_session_id: str,
        *,
        turn_id: str | None = None,
        title: str | None = None,
        agent_mode: str | None = None,
        permission_mode: str | None = None,
        model: str | None = None,
        variant: str | None = None,
    ) -> Session:
        """Create another session that begins with this one's conversation, up to the end of a turn.

        Without `turn_id`, of the last turn that has ended. This session goes on as it was. Raises `InvalidRequest`
        when the agent cannot, and what `create_session` raises.
        """
        call = calls.fork_session(
            self.id,
            new_session_id,
            turn_id=turn_id,
            title=title,
            agent_mode=agent_mode,
            permission_mode=permission_mode,
            model=model,
            variant=variant,
        )
        self.http.request(call)
        return Session(self.http, new_session_id)

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
        offset: int | Literal["stored"] = 0,
        include_raw: bool = False,
        on_permission: OnPermission | None = None,
        on_question: OnQuestion | None = None,
    ) -> EventStream:
        """All events after `offset`, then live ones, until the session ends.

        `"stored"` begins after what the client's store has of the session's log. Goes on by itself after a dropped
        connection, without a gap and without repeating anything; raises `ConnectionFailed` when the server does not
        come back, and `LogReplaced` when it came back with another session of this id.
        """
        if offset == "stored" and self.http.store is None:
            raise ValueError("this client has no store: give one to connect() or start()")
        return EventStream(self._attended(offset, include_raw, on_permission, on_question))

    def requests(self) -> RequestStream:
        """Permissions and questions that wait for an answer, then those that come, until the session ends.

        Each once, and only if nobody has answered it when its turn comes. Survives broken connections as `stream`.
        """
        return RequestStream(self._requests())

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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with leaving(error):
            self.terminate()

    def _turn(
        self, reader: TurnReader, raw: bool, on_permission: OnPermission | None, on_question: OnQuestion | None
    ) -> Generator[Event]:
        for event in self._follow(reader.delivered.offset, raw, look=False):  # its end, or the session's, is to come
            if reader.take(event):
                self._attend(event, on_permission, on_question)
                yield event
            elif reader.doubtful:
                reader.settle(self.info(), event.sequence)
            if reader.done:
                return

    def _attended(
        self,
        offset: int | Literal["stored"],
        raw: bool,
        on_permission: OnPermission | None,
        on_question: OnQuestion | None,
    ) -> Generator[Event]:
        for event in self._follow(offset, raw):
            self._attend(event, on_permission, on_question)
            yield event

    def _requests(self) -> Generator[Request]:
        session = self.info()
        first: tuple[Request, ...] = (*session.permissions, *session.questions)
        for waiting in first:
            if asking.waits(waiting, self.info()):
                yield waiting
        for event in self._follow(session.event_count, raw=False):
            asked = asking.request_of(event)
            if asked is not None and asking.waits(asked, self.info()):
                yield asked

    def _follow(self, offset: int | Literal["stored"], raw: bool, *, look: bool = True) -> Generator[Event]:
        """The log after an offset; what the store lacks goes into it first, also from before the offset.

        `look`: nothing may ever come after the offset, so see first whether the session has ended.
        """
        cursor, after = Cursor(), offset if isinstance(offset, int) else 0
        store, stored = self.http.store, 0
        if store is not None or (look and after):
            session = self.info()
            cursor.log_id = session.log_id
            if store is not None:
                stored = store.last(self.id, session.log_id)
            if offset == "stored":
                after = stored
            cursor.offset = after if store is None else min(after, stored)
            if session.ended and session.event_count <= cursor.offset:
                return
        for batch in self.http.follow(
            lambda start: calls.follow_events(self.id, offset=start, include_raw=raw), cursor
        ):
            if store is not None:
                store.append(self.id, cursor.log_id or "", batch)
            for event in batch:
                if event.sequence > after:
                    yield event

    def _attend(self, event: Event, on_permission: OnPermission | None, on_question: OnQuestion | None) -> None:
        call: Call[None] | None = None
        match event.data:
            case PermissionRequested() as asked if on_permission and asking.waits(asked, self.info()):
                call = asking.permission_call(self.id, asked.permission_id, on_permission(asked))
            case QuestionRequested() as asked if on_question and asking.waits(asked, self.info()):
                call = asking.question_call(self.id, asked.question_id, on_question(asked))
            case _:
                pass
        if call is not None:
            with contextlib.suppress(AlreadyResolved):  # somebody was quicker; the log says what
                self.http.request(call)
