"""The parrot as an agent of Sandbox Agent."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, cast

from sandbox_agent.adapter import Agent, Exited, Output, SessionOptions, Spawn, Stop, Synthetic, Write
from sandbox_agent.adapter.environment import agent_environment
from sandbox_agent.adapter.items import Items
from sandbox_agent.schema.api import Capabilities, Mode
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.commands import Command, Interrupt, ReplyPermission, SendMessage
from sandbox_agent.schema.content import TextPart
from sandbox_agent.schema.events import AgentUnparsed, ErrorReported, PermissionRequested, TurnEnded, TurnStarted

__all__ = ["AGENT"]


class ParrotAdapter:
    """One session of the parrot: one process for many turns, started at the first message."""

    steerable = False

    def __init__(self, options: SessionOptions) -> None:
        self._options = options
        self._items = Items()
        self._running = self._turn = False
        self._number = 0

    def command(self, command: Command) -> Iterator[Output]:
        """A client asks for something."""
        match command:
            case SendMessage(message_id=message_id, text=text):
                self._turn = True
                self._number += 1
                yield Synthetic(data=TurnStarted())
                yield Synthetic(data=self._items.complete(message_id, "message", "user", (TextPart(text=text),)))
                if not self._running:
                    self._running = True
                    yield self._spawn()
                yield _line(say=text)
            case ReplyPermission(reply=reply):
                yield _line(allow=reply != "reject")
            case Interrupt() if self._turn:
                yield Stop()  # it knows no other way; the next message starts another
            case _:
                pass

    def message(self, message: Any) -> Iterator[Output]:
        """The parrot says something."""
        match message:
            case {"event": "word", "text": str(text)}:
                yield self._items.delta(f"answer_{self._number}", text)
            case {"event": "asks", "id": str(key), "what": str(what)}:
                yield PermissionRequested(permission_id=f"{key} {self._number}", action=what)
            case {"event": "done"}:
                yield from self._end(TurnEnded(reason="completed"))
            case other:
                yield Synthetic(data=AgentUnparsed(error=f"unknown: {cast('object', other)!r:.80}", location="parrot"))

    def exited(self, exit: Exited) -> Iterator[Output]:
        """The process is gone."""
        self._running = False
        if self._turn and exit.error is not None:
            yield Synthetic(data=ErrorReported(message=exit.error, code="agent_start_failed"))
        yield from self._end(TurnEnded(reason="agent_exited", exit_code=exit.exit_code, stderr=exit.stderr))

    def _end(self, ended: TurnEnded) -> Iterator[Output]:
        if self._turn:
            self._turn = False
            yield Synthetic(data=ended)

    def _spawn(self) -> Spawn:
        argv = (sys.executable, "-m", "parrot_agent.parrot")
        return Spawn(argv=argv, env=agent_environment(self._options.environ, ()), cwd=self._options.directory)


def _line(**message: Any) -> Write:
    return Write(data=encode(message) + b"\n")


AGENT = Agent(
    name="parrot",
    capabilities=Capabilities(text_messages=True, permissions=True, streaming_deltas=True),
    modes=(Mode(id="build", name="Build", description="Repeats"),),
    permission_modes={"default": "default", "bypass": "bypass"},
    adapter=ParrotAdapter,
)
