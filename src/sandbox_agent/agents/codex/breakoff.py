"""The way from an interrupt to the end of the turn.

Every native turn is cancelled, those of subagents too; then the commands are ended that still run. Codex leaves them
alone after an interrupt; the turn contract does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sandbox_agent.adapter import Output
from sandbox_agent.adapter.jsonrpc import Message
from sandbox_agent.agents.codex.calls import ThreadCalls
from sandbox_agent.agents.codex.threads import Threads
from sandbox_agent.schema.events import TurnReason

__all__ = ["BreakOff"]


class BreakOff:
    """Breaks off one turn at a time. `end` ends it, with the reason."""

    def __init__(self, calls: ThreadCalls, threads: Threads, end: Callable[[TurnReason], Iterator[Output]]) -> None:
        self._calls = calls
        self._threads = threads
        self._end = end
        self._ending = 0
        """Commands that are asked to end and have not answered."""
        self.under_way = False
        self.reason: TurnReason = "interrupted"

    def begin(self, own: dict[str, str], reason: TurnReason) -> Iterator[Output]:
        """End the turn for this reason. For `own` see `cancel`."""
        self.under_way, self.reason = True, reason
        yield from self.cancel(own)

    def cancel(self, own: dict[str, str]) -> Iterator[Output]:
        """Cancel the native turns that are known. `own`: that of the session's thread, which may have no name yet."""
        yield from self._calls.interrupt(self._threads.subturns | own)

    def sweep(self) -> Iterator[Output]:
        """The session's native turn is over. Ours is when no command is left."""
        for thread_id, process_id in self._threads.running.values():
            self._ending += 1
            yield self._calls.terminate(thread_id, process_id, self._swept)
        if not self._threads.running:
            yield from self._end(self.reason)

    def _swept(self, reply: Message) -> Iterator[Output]:  # noqa: ARG002 - what has ended by itself is fine too
        self._ending -= 1
        if self._ending == 0 and self.under_way:
            yield from self._end(self.reason)

    def forget(self) -> None:
        """The turn is over."""
        self.under_way, self.reason, self._ending = False, "interrupted", 0
