"""Where a turn is shown and who is asked: a terminal, or a program that reads JSON lines."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from rich.console import Console

from sandbox_agent.cli.ask import Asker, describe
from sandbox_agent.cli.render import Renderer
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.commands import PermissionReply
from sandbox_agent.schema.events import Event, PermissionRequested, QuestionRequested

__all__ = ["JsonLines", "Output", "Terminal"]


class Output(Protocol):
    """Shows events and asks people."""

    refused: bool
    """Something was refused because nobody could be asked."""

    def show(self, event: Event) -> None:
        """Show what happened."""
        ...

    def permission(self, request: PermissionRequested) -> tuple[PermissionReply, str | None]:
        """Ask; the reply, and with a rejection a word to the agent."""
        ...

    def question(self, request: QuestionRequested) -> list[list[str]] | None:
        """Ask; None is a refusal."""
        ...

    def busy(self, words: str) -> AbstractContextManager[object]:
        """Show that something takes a while."""
        ...

    def abandon(self) -> None:
        """The last question needs no answer any more."""
        ...


class _Nobody:
    """Refuses everything, and says so on stderr."""

    def __init__(self) -> None:
        self.refused = False

    def permission(self, request: PermissionRequested) -> tuple[PermissionReply, str | None]:
        """Reject."""
        what, _ = describe(request)
        self._say(f"{request.action}{f' ({what})' if what else ''} was rejected; --yes allows it")
        return "reject", None

    def question(self, request: QuestionRequested) -> list[list[str]] | None:
        """Refuse."""
        self._say(f"{request.prompt!r} was not answered")
        return None

    def abandon(self) -> None:
        """Nothing was asked."""

    def _say(self, words: str) -> None:
        self.refused = True
        print(f"sandbox-agent run: nobody can be asked here: {words}", file=sys.stderr)


class JsonLines(_Nobody):
    """Prints each event as one line of JSON."""

    def show(self, event: Event) -> None:
        """Print it."""
        sys.stdout.buffer.write(encode(event) + b"\n")
        sys.stdout.buffer.flush()

    def busy(self, words: str) -> AbstractContextManager[object]:
        """Say nothing."""
        del words
        return nullcontext()


class Terminal(_Nobody):
    """Renders the turn; asks if there is somebody to ask."""

    def __init__(self) -> None:
        super().__init__()
        self._console = Console(highlight=False)
        self._renderer = Renderer(self._console)
        self._asker = Asker(self._console) if sys.stdin.isatty() and self._console.is_terminal else None

    def show(self, event: Event) -> None:
        """Append it to the screen."""
        self._renderer.show(event)

    def permission(self, request: PermissionRequested) -> tuple[PermissionReply, str | None]:
        """Ask below what was shown so far."""
        self._renderer.pause()
        if self._asker is None:
            return super().permission(request)
        answer = self._asker.permission(request)
        self._renderer.answered.add(request.permission_id)
        return answer

    def question(self, request: QuestionRequested) -> list[list[str]] | None:
        """Ask below what was shown so far."""
        self._renderer.pause()
        return super().question(request) if self._asker is None else self._asker.question(request)

    def abandon(self) -> None:
        """Leave the line of the prompt."""
        self._console.print("\n  (no answer needed any more)", style="dim")

    def busy(self, words: str) -> AbstractContextManager[object]:
        """Show a spinner."""
        return self._console.status(words) if self._console.is_terminal else nullcontext()
