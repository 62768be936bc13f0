"""What an agent or a user says, as OpenCode's text, reasoning and file parts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from sandbox_agent.schema.content import ContentPart, FileRefPart, ImagePart, ReasoningPart, TextPart
from sandbox_agent.server.opencode import tools
from sandbox_agent.server.opencode.shapes import Json, News
from sandbox_agent.server.opencode.thread import Part, Thread

__all__ = ["Spoken", "grow", "said", "user_parts"]

Spoken: TypeAlias = dict[str, Part]
"""The parts of one item, by type."""


def said(thread: Thread, spoken: Spoken, content: Sequence[ContentPart], at: int, *, done: bool) -> Iterator[News]:
    """An item has begun with this content, or is complete with it."""
    texts = {"reasoning": _joined(content, ReasoningPart), "text": _joined(content, TextPart)}
    for kind, text in texts.items():
        if text is None and kind not in spoken:
            continue
        part = spoken.get(kind)
        if part is None:
            part = spoken[kind] = Part({"type": kind, "text": text or "", "time": {"start": at}})
            if not done:
                yield from thread.add(at, part)
        if done:
            yield from _finish(thread, part, text, at)
    if done:
        for each in content:
            if isinstance(each, ImagePart | FileRefPart):
                yield from thread.add(at, Part(tools.picture(each)))


def grow(thread: Thread, spoken: Spoken, text: str, at: int) -> Iterator[News]:
    """More of an open item: of its text, or of its thoughts where it has nothing else and they were not all there."""
    part = spoken.get("text") or spoken.get("reasoning")
    if part is None or ("text" not in spoken and not part.began_empty):
        part = spoken["text"] = Part({"type": "text", "text": "", "time": {"start": at}})
        yield from thread.add(at, part)
    yield from thread.grow(part, text, at)


def user_parts(content: Sequence[ContentPart]) -> list[Json]:
    """A user's message."""
    text = _joined(content, TextPart)
    files = [tools.picture(each) for each in content if isinstance(each, ImagePart | FileRefPart)]
    return [{"type": "text", "text": text}, *files] if text is not None else files


def _finish(thread: Thread, part: Part, text: str | None, at: int) -> Iterator[News]:
    part.settle()
    start = part.json["time"]["start"]
    part.json |= {"text": part.json["text"] if text is None else text, "time": {"start": start, "end": at}}
    if "id" in part.json:
        yield thread.told(part, at)
    else:
        yield from thread.add(at, part)


def _joined(content: Sequence[ContentPart], kind: type[TextPart | ReasoningPart]) -> str | None:
    texts = [part.text for part in content if isinstance(part, kind)]
    return "\n".join(texts) if texts else None
