"""The way from nothing to a thread: start or join the server, log in if it must be, start or resume the thread.

Each step is taken when the one before was answered. Nothing of a turn is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, TypeAlias

from sandbox_agent.adapter import Identified, Output, SessionOptions
from sandbox_agent.adapter.jsonrpc import Calls, Message, notify
from sandbox_agent.adapter.values import as_dict, as_text
from sandbox_agent.agents.codex.launch import api_key, fork_params, plans, skill_params, spawn, thread_params
from sandbox_agent.agents.codex.lines import INITIALIZE

__all__ = ["Handler", "Server", "State", "ignore"]

Handler: TypeAlias = Callable[[Message], Iterator[Output]]
"""What to do with the reply to a request."""

_LOST = ("no rollout found", "failed to read session metadata")
"""How Codex says that it has nothing of a thread: its file is not there, or was not written when it was killed."""


def ignore(_reply: Message) -> Iterator[Output]:
    """A reply that changes nothing: what follows it tells."""
    return iter(())


class State(Enum):
    """How far it is."""

    GONE = "gone"
    STARTING = "starting"
    """Whether it will ever answer is not known."""
    OPENING = "opening"
    READY = "ready"


class Server:
    """One session's thread on its server."""

    def __init__(self, options: SessionOptions, calls: Calls[Handler]) -> None:
        self._options = options
        self._calls = calls
        self.state = State.GONE
        self.thread_id = options.resume
        self.model = options.model or ""
        self.effort = options.variant
        self.kept = options.resume is not None
        """Whether the thread is on disk: without any turn it is not."""
        self._fork = options.fork
        self._asked_to_resume = options.resume is not None or options.fork is not None
        self.planning = plans(options)
        self.on_ready: Callable[[], Iterator[Output]] = lambda: iter(())
        self.on_failure: Callable[[str, Message], Iterator[Output]] = lambda _code, _reply: iter(())
        self.on_lost: Callable[[], Iterator[Output]] = lambda: iter(())

    def start(self) -> Iterator[Output]:
        """Begin at the beginning."""
        self.state = State.STARTING
        yield spawn(self._options)
        yield self._calls.ask("initialize", INITIALIZE, self._initialized)

    def gone(self) -> None:
        """The server is gone."""
        self.state = State.GONE
        if not self.kept:
            self.thread_id = None

    def _initialized(self, reply: Message) -> Iterator[Output]:
        if reply.error is not None:
            yield from self.on_failure("agent_start_failed", reply)
            return
        self.state = State.OPENING
        yield notify("initialized")
        yield self._calls.ask("account/read", {"refreshToken": False}, self._account)

    def _account(self, reply: Message) -> Iterator[Output]:
        told, key = as_dict(reply.result), api_key(self._options)
        if key is not None and told.get("account") is None and told.get("requiresOpenaiAuth") is True:
            yield self._calls.ask("account/login/start", {"type": "apiKey", "apiKey": key}, self._logged_in)
        else:
            yield self._open()

    def _logged_in(self, reply: Message) -> Iterator[Output]:  # noqa: ARG002 - a key that is no good fails the turn
        yield self._open()

    def _open(self) -> Output:
        params = thread_params(self._options, planning=self.planning)
        if self.thread_id is None and self._fork is not None:
            return self._calls.ask("thread/fork", params | fork_params(self._fork), self._opened)
        if self.thread_id is None:
            return self._calls.ask("thread/start", params | skill_params(self._options), self._opened)
        resume = {**params, "threadId": self.thread_id, "excludeTurns": True}
        return self._calls.ask("thread/resume", resume, self._opened)

    def _opened(self, reply: Message) -> Iterator[Output]:
        if reply.error is not None:
            yield from self._refused(reply)
            return
        told: dict[str, Any] = as_dict(reply.result)
        thread_id = as_text(as_dict(told.get("thread")).get("id"))
        if thread_id and thread_id != self.thread_id:
            self.thread_id = thread_id
            yield Identified(native_session_id=thread_id)
        self.model = as_text(told.get("model")) or self.model
        self.effort = self.effort or as_text(told.get("reasoningEffort")) or None
        self._asked_to_resume = False
        self.state = State.READY
        yield from self.on_ready()

    def _refused(self, reply: Message) -> Iterator[Output]:
        """The thread cannot be had. Only one of our own that was lost may quietly be another."""
        lost = reply.error is not None and any(words in reply.error.message for words in _LOST)
        if lost and not self._asked_to_resume and self.thread_id is not None:
            self.thread_id = None
            yield from self.on_lost()
            yield self._open()
            return
        code = "resume_failed" if self.thread_id or self._fork else "agent_start_failed"
        if self._asked_to_resume and lost:
            # The client named that thread, so it must know; its next message begins a new one.
            self.thread_id, self.kept, self._fork = None, False, None
        self._asked_to_resume = False
        yield from self.on_failure(code, reply)
