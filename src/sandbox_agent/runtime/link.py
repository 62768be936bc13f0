"""The open channel to a running agent, seen from the session."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol, runtime_checkable

from sandbox_agent.adapter import Exited
from sandbox_agent.adapter.frames import LineTooLong

__all__ = ["Addressed", "Link", "LinkFailed", "Sink"]


class LinkFailed(Exception):
    """The agent could not be started; the text says why and what to do."""


class Sink(Protocol):
    """Where a link delivers. Both are plain calls on the event loop and must not block."""

    def received(self, lines: list[bytes | LineTooLong]) -> None:
        """Whole lines of the agent, in order, as many as one read brought."""
        ...

    def exited(self, exit: Exited) -> None:
        """The agent is gone. Called once, after the last line, also after `close`."""
        ...


class Link(Protocol):
    """One running agent."""

    def send(self, data: bytes) -> None:
        """Queue bytes for the agent and return at once; ignored when it is gone."""
        ...

    def noise(self, line: bytes) -> None:
        """Keep a line of stdout that is not a message with the stderr lines."""
        ...

    def pause(self) -> None:
        """Stop reading, so that the agent feels that we are behind."""
        ...

    def resume(self) -> None:
        """Read again."""
        ...

    async def close(self, *, grace: float = 2.0) -> None:
        """End the agent and everything it started, and wait until all of it is gone.

        `grace`: seconds between TERM and KILL; 0 kills at once. Bounded, safe to call twice, at the same time too,
        and when the agent has already exited.
        """
        ...

    async def end_marked(self, marks: Collection[str]) -> None:
        """Kill what the agent started for one of the sessions that share it: what carries one of its marks."""
        ...


@runtime_checkable
class Addressed(Protocol):
    """A link to an agent that is a server of its own. Links are told apart by this, for their modules load slowly."""

    @property
    def url(self) -> str | None:
        """Where it listens, once it says so."""
        ...
