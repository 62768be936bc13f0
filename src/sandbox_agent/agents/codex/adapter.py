"""Translates one thread of a Codex app-server, which it shares with other sessions: JSON-RPC lines in and out.

A message starts a native turn, or is steered into the one that runs. Subagents are threads of their own on the same
connection; what they do are items below the call that spawned them. In plan mode a native turn ends with a plan: the
turn here stays open until the user has said what to do with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from sandbox_agent.adapter import Exited, Native, Output, Reached, SessionOptions, Stop, Synthetic
from sandbox_agent.adapter.exits import broken_off
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.jsonrpc import Calls, Message
from sandbox_agent.adapter.values import as_dict, as_list, as_text
from sandbox_agent.agents.codex.breakoff import BreakOff
from sandbox_agent.agents.codex.calls import ThreadCalls
from sandbox_agent.agents.codex.errors import error_of, fault_of
from sandbox_agent.agents.codex.items import DELTAS, ThreadItems
from sandbox_agent.agents.codex.lines import IMPLEMENT_PLAN, text_input, user_input
from sandbox_agent.agents.codex.native import ThreadItem, item_of, params_of
from sandbox_agent.agents.codex.news import News, unparsed
from sandbox_agent.agents.codex.patience import Patience
from sandbox_agent.agents.codex.plans import Plans, todos
from sandbox_agent.agents.codex.requests import Requests
from sandbox_agent.agents.codex.server import Handler, Server, State
from sandbox_agent.agents.codex.threads import Threads
from sandbox_agent.agents.codex.usage import Meter
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
from sandbox_agent.schema.events import TodoUpdated, TurnEnded, TurnReason, TurnStarted

__all__ = ["CodexAdapter"]


class CodexAdapter:
    """One session of Codex."""

    def __init__(self, options: SessionOptions) -> None:
        self._items = Items()
        self._calls: Calls[Handler] = Calls()
        self._server = Server(options, self._calls)
        self._server.on_ready = self._ready
        self._server.on_failure = self._failed
        self._server.on_lost = self._lost
        self._story = ThreadItems(self._items, options.directory)
        self._news = News(self._items)
        self._meter = Meter()
        self._plans = Plans(self._items)
        self._turn = False
        self._native_turn: str | None = None
        self._last_turn = ""
        self._patience = Patience()
        self._dismissed = False
        self._held: SendMessage | None = None
        self._sent: SendMessage | None = None
        """Given to Codex, which has not taken it yet."""
        self._sent_again = False
        self._late: list[SendMessage] = []
        """Meant to steer a turn that was over."""
        self._threads = Threads()
        self._thread = ThreadCalls(options, self._server, self._calls)
        self._break_off = BreakOff(self._thread, self._threads, self._end)
        self._requests = Requests(self._items, self._threads, options.permission_mode)

    @property
    def steerable(self) -> bool:
        """Codex takes a message into its turn at any time."""
        return self._turn and self._native_turn is not None and not self._break_off.under_way

    @property
    def _own_turn(self) -> dict[str, str]:
        """The native turn that runs, by its thread; empty until its name is known."""
        if self._native_turn is None or self._server.thread_id is None:
            return {}
        return {self._server.thread_id: self._native_turn}

    # From the session

    def command(self, command: Command) -> Iterator[Output]:
        """A client asks for something."""
        match command:
            case SendMessage(steer=True) if self.steerable:
                yield self._story.sent(command)
                yield self._steer(command)
            case SendMessage():
                yield self._begin_turn()
                yield self._story.sent(command)
                yield from self._deliver(command)
            case ReplyQuestion() | RejectQuestion() if command.question_id == self._plans.question_id:
                yield from self._decide(command)
            case ReplyPermission() | ReplyQuestion() | RejectQuestion():
                yield from self._answer(command)
            case Interrupt():
                yield from self._interrupt()
            case Terminate():
                pass

    def _deliver(self, message: SendMessage) -> Iterator[Output]:
        if self._server.state is State.READY:
            yield self._prompt(message)
            return
        self._held = message
        if self._server.state is State.GONE and not self._dismissed:
            yield from self._server.start()

    def _ready(self) -> Iterator[Output]:
        message, self._held = self._held, None
        if message is not None:
            yield self._prompt(message)

    def _prompt(self, message: SendMessage) -> Output:
        self._sent = message
        return self._thread.start(user_input(message), message.message_id, self._begun)

    def _steer(self, message: SendMessage) -> Output:
        return self._thread.steer(message, self._native_turn, partial(self._steered, message))

    def _answer(self, given: Answer) -> Iterator[Output]:
        yield from self._requests.answered(given)
        if isinstance(given, ReplyPermission) and given.reply == "reject" and given.message and self.steerable:
            # A refusal has no room for words; the model hears them all the same.
            yield self._steer(SendMessage(message_id=f"{given.permission_id}:reason", text=given.message))

    def _interrupt(self) -> Iterator[Output]:
        if not self._turn or self._break_off.under_way:
            return
        if self._server.state in {State.GONE, State.STARTING}:
            self._dismissed = True
            yield from self._end("interrupted")
            yield Stop()
        elif self._sent is None and self._native_turn is None:
            yield from self._end("interrupted")
        else:
            yield from self._break_off.begin(self._own_turn, "interrupted")

    # Replies

    def _begun(self, reply: Message) -> Iterator[Output]:
        self._sent, self._sent_again = None, False
        if reply.error is not None:
            yield fault_of(reply.error, "invalid_request")
            yield from self._end(self._break_off.reason if self._break_off.under_way else "error")
            return
        yield from self._named(as_text(as_dict(as_dict(reply.result).get("turn")).get("id")))

    def _named(self, turn_id: str) -> Iterator[Output]:
        """The native turn has an id."""
        if not turn_id or turn_id in (self._native_turn, self._last_turn):
            return
        self._native_turn = turn_id
        self._server.kept = True
        if not self._turn:
            yield self._begin_turn()
        if self._break_off.under_way:
            yield from self._break_off.cancel(self._own_turn)

    def _steered(self, message: SendMessage, reply: Message) -> Iterator[Output]:
        if reply.error is None:
            return
        self._late.append(message)
        if not self._turn:
            yield from self._catch_up()

    def _failed(self, code: str, reply: Message) -> Iterator[Output]:
        """There will be no thread; the next message tries anew."""
        self._dismissed = True
        if self._turn:
            if reply.error is not None:
                yield fault_of(reply.error, code)
            yield from self._end("error")
        yield Stop()

    def _lost(self) -> Iterator[Output]:
        self._last_turn = ""
        yield self._news.status("resume_failed", "the agent has lost the conversation and begins a new one")

    # From the agent

    def message(self, message: Native) -> Iterable[Output]:
        """The agent says something."""
        if not isinstance(message, Message):
            return (unparsed("not a message"),)
        if message.method is None:
            if message.id is None:
                return (unparsed("neither a request nor a reply"),)
            handler = self._calls.answered(message)
            return () if handler is None else handler(message)
        if message.id is not None:
            return self._requests.asked(message)
        params = params_of(message)
        if message.method == "item/agentMessage/delta":
            return (self._story.says(as_text(params.get("itemId")), as_text(params.get("delta"))),)
        return self._notified(message.method, params)

    def _notified(self, method: str, params: dict[str, Any]) -> Iterator[Output]:
        thread_id = as_text(params.get("threadId")) or self._server.thread_id or ""
        match method:
            case "turn/started" | "turn/completed":
                yield from self._turns(method, thread_id, as_dict(params.get("turn")))
            case "item/started" | "item/completed":
                yield from self._item(method, thread_id, item_of(params))
            case "thread/tokenUsage/updated":
                yield from self._usage(thread_id, params)
            case "turn/plan/updated":
                if not self._is_child(thread_id):
                    yield TodoUpdated(todos=todos(as_list(params.get("plan"))))
            case "serverRequest/resolved":
                yield from self._requests.resolved(params.get("requestId"))
            case "error":
                # The last one comes again with the end of its turn.
                if params.get("willRetry") is True:
                    yield from self._news.item(method, params)
                    yield from self._retries(thread_id, params)
            case _ if method in DELTAS:
                yield from self._story.grows(method, params, self._threads.parent(thread_id))
            case _:
                yield from self._news.item(method, params)

    def _item(self, method: str, thread_id: str, item: ThreadItem | None) -> Iterator[Output]:
        if item is None:
            yield unparsed("an item of a strange shape")
            return
        begins, parent = method == "item/started", self._threads.parent(thread_id)
        self._patience.begin(thread_id)
        self._threads.note(item, thread_id, begins=begins)
        if item.type == "userMessage" and (begins or self._thread.sent(item.client_id)):
            return
        if begins:
            yield from self._story.started(item, thread_id, parent)
        else:
            yield from self._story.completed(item, parent)
        if item.type == "plan" and not begins and not self._is_child(thread_id):
            self._plans.proposed(item)

    def _retries(self, thread_id: str, params: dict[str, Any]) -> Iterator[Output]:
        lost = self._patience.lost(thread_id, params)
        if lost is not None and self._turn and not self._break_off.under_way:
            yield lost
            yield from self._break_off.begin(self._own_turn, "error")

    def _is_child(self, thread_id: str) -> bool:
        return thread_id != (self._server.thread_id or thread_id)

    def _usage(self, thread_id: str, params: dict[str, Any]) -> Iterator[Output]:
        counts = self._is_child(thread_id) or params.get("turnId") == self._native_turn
        used = self._meter.after(thread_id, as_dict(params.get("tokenUsage")), counts=counts, running=self._turn)
        if used is not None:
            yield used

    # Turns

    def _turns(self, method: str, thread_id: str, turn: dict[str, Any]) -> Iterator[Output]:
        turn_id, begins = as_text(turn.get("id")), method == "turn/started"
        if not self._is_child(thread_id):
            if begins:
                yield from self._named(turn_id)
            elif self._turn and turn_id == (self._native_turn or turn_id):
                self._last_turn = turn_id
                yield from self._completed(turn)
            return
        if begins:
            self._threads.subturns[thread_id] = turn_id
            if self._break_off.under_way:
                yield from self._break_off.cancel(self._own_turn)
        else:
            self._threads.subturns.pop(thread_id, None)
            if turn.get("status") == "failed":
                said = error_of(as_dict(turn.get("error"))).message
                yield self._news.status("subagent.failed", said, self._threads.parent(thread_id))

    def _completed(self, turn: dict[str, Any]) -> Iterator[Output]:
        """A native turn is over; that ends ours unless something is still to be done in it."""
        self._native_turn = None
        if self._break_off.under_way:
            yield from self._break_off.sweep()
            return
        match turn.get("status"):
            case "interrupted":
                yield from self._end("interrupted")
            case "failed":
                yield error_of(as_dict(turn.get("error")))
                yield from self._end("error")
            case _ if self._server.planning and self._plans.plan:
                yield self._plans.ask()
            case _:
                yield from self._end("completed")

    def _decide(self, given: ReplyQuestion | RejectQuestion) -> Iterator[Output]:
        """The user has spoken on the plan."""
        words = self._plans.decided(given)
        if words is None:
            yield from self._end("completed")
            return
        if not words:
            self._server.planning = False
        yield self._thread.start(text_input(words or IMPLEMENT_PLAN), self._plans.message_id, self._begun)

    def _begin_turn(self) -> Output:
        self._turn = True
        self._threads.running.clear()
        self._patience.begin()
        self._meter.begin()
        return Synthetic(data=TurnStarted())

    def _end(self, reason: TurnReason) -> Iterator[Output]:
        yield from self._story.flush()
        self._rest()
        if self._last_turn:
            yield Reached(position=self._last_turn)
        yield TurnEnded(reason=reason)
        if reason != "interrupted":
            yield from self._catch_up()
        self._late.clear()

    def _catch_up(self) -> Iterator[Output]:
        """Messages that came too late to steer are the next turn, and nobody else may begin one before."""
        if not self._late:
            return
        message, *others = self._late
        self._late = []
        yield self._begin_turn()
        given = [part for each in (message, *others) for part in user_input(each)]
        yield self._thread.start(given, message.message_id, self._begun)

    def _rest(self) -> None:
        self._turn = self._sent_again = False
        self._native_turn = self._held = self._sent = None
        self._break_off.forget()
        self._plans.forget()

    def exited(self, exit: Exited) -> Iterator[Output]:
        """The server is gone, or the session left it; the next message joins one again and resumes the thread."""
        self._server.gone()
        self._calls.forget()
        self._requests.forget()
        self._thread.forget()
        self._threads.forget()
        dismissed, self._dismissed = self._dismissed, False
        if dismissed and self._held is not None:
            yield from self._server.start()
            return
        if not self._turn:
            return
        if self._sent is not None and not self._sent_again and not self._break_off.under_way and exit.error is None:
            # It went to a server that was dying already: nothing of it was begun, so nothing happens twice.
            self._held, self._sent, self._sent_again = self._sent, None, True
            yield from self._server.start()
            return
        yield from self._story.flush()
        self._rest()
        yield from broken_off(exit)
