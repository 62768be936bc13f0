"""What a script of the mock agent is made of, and the pieces most scenes share."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TypeAlias

from sandbox_agent.agents.mock import native
from sandbox_agent.schema.base import Model
from sandbox_agent.schema.content import ContentPart, TextPart

__all__ = ["Crash", "Lines", "Script", "Step", "Wait", "pieces", "say", "stream"]


class Wait(Model):
    """Rest until a request of this turn is answered; the answer is what `yield` gives back."""


class Crash(Model):
    """The agent is gone, all at once."""

    exit_code: int


Step: TypeAlias = native.Said | native.Strange | Wait | Crash
Script: TypeAlias = Generator[Step, "native.Answered | None", None]
Lines: TypeAlias = Iterator["native.Said | native.Strange"]
"""A scene that asks nothing."""


def say(id: str, text: str) -> Lines:
    """A whole message of the assistant."""
    yield native.Started(id=id)
    yield native.Completed(id=id, content=(TextPart(text=text),))


def stream(
    id: str, parts: list[str], *, first: tuple[ContentPart, ...] = (), last: tuple[ContentPart, ...] = ()
) -> Lines:
    """A message that comes in pieces, with other content before and after its text."""
    yield native.Started(id=id, content=first)
    for part in parts:
        yield native.Delta(id=id, text=part)
    yield native.Completed(id=id, content=(TextPart(text="".join(parts)), *first, *last))


def pieces(text: str, count: int) -> list[str]:
    """`text` cut into at most `count` pieces of about the same length."""
    size = max(1, -(-len(text) // count))
    return [text[start : start + size] for start in range(0, len(text), size)]
