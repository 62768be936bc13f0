"""Markdown as it streams in: styled words that never have to be taken back. Pure.

Nothing printed is printed again, so nothing flickers. A word waits for its end, a line for the first character that
says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len

__all__ = ["Piece", "Prose", "clean"]

Piece = tuple[str, str]
"""Text and its style."""

_UNDECIDED = re.compile(r"\s*(#{1,6}|`{1,3}|~{1,3}|[-*+]|\*\*|\d{1,3}[.)]?|>)?")
_MARK = re.compile(r"(?P<indent>\s*)(?:(?P<heading>#{1,6}) |(?P<fence>```|~~~)|(?P<bullet>[-*+]) |(?P<quote>>) ?)")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])?")
_SGR = re.compile(r"\x1b\[[0-9;:]*m")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]")


def clean(text: str, *, colors: bool = False) -> str:
    """`text` without anything that steers a terminal; with `colors`, those stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if colors:
        text = _ESCAPE.sub(lambda found: found[0] if _SGR.fullmatch(found[0]) else "", text)
    else:
        text = _ESCAPE.sub("", text)
    return _CONTROL.sub("", text)


class Prose:
    """Takes a text in pieces and gives it out in styled words, wrapped at `width` cells if there is one."""

    def __init__(self, *, style: str = "", width: int | None = None) -> None:
        self._base = style
        self._width = width
        self._head: str | None = ""
        """The beginning of a line, while it may still become a heading, a bullet, a fence."""
        self._in_code = False
        self._line_style = ""
        self._bold = False
        self._code = False
        self._star = False
        self._word: list[Piece] = []
        self._column = 0
        self._indent = 0

    def feed(self, text: str) -> Iterator[Piece]:
        """What can be shown of the text so far."""
        for char in clean(text):
            if self._head is None:
                yield from self._char(char)
            else:
                yield from self._begin(char)

    def finish(self) -> Iterator[Piece]:
        """The rest, with the end of its line."""
        if self._head:
            yield from self._decide(self._head)
        yield from self._flush()
        if self._column:
            yield from self._newline()

    def _begin(self, char: str) -> Iterator[Piece]:
        head = (self._head or "") + char
        if char == "\n":
            yield from self._decide(head[:-1])
            yield from self._char(char)
        elif _UNDECIDED.fullmatch(head) or (head.lstrip()[:3] in {"```", "~~~"}):
            self._head = head
        else:
            yield from self._decide(head)

    def _decide(self, head: str) -> Iterator[Piece]:
        """The beginning of the line is known: show it as what it is."""
        self._head = None
        mark = _MARK.match(head)
        if mark and mark["fence"]:
            self._in_code = not self._in_code
            self._line_style = "dim"
            yield from self._plain(head)
            return
        if self._in_code or not mark:
            self._line_style = "cyan" if self._in_code else ""
            yield from self._rest(head)
            return
        if mark["heading"]:
            self._line_style = "bold"
            yield from self._rest(head[mark.end() :])
            return
        self._line_style = "" if mark["bullet"] else "italic"
        lead = mark["indent"] + ("• " if mark["bullet"] else "│ ")
        self._indent = len(lead)
        yield from self._plain(lead)
        yield from self._rest(head[mark.end() :])

    def _rest(self, text: str) -> Iterator[Piece]:
        for char in text:
            yield from self._char(char)

    def _char(self, char: str) -> Iterator[Piece]:
        if char == "\n":
            yield from self._flush()
            yield from self._newline()
        elif self._in_code or self._line_style == "dim":
            yield from self._plain(char)
        elif char.isspace():
            yield from self._flush()
            if not (self._width and self._column >= self._width):
                yield from self._plain(char)
        else:
            self._inline(char)

    def _inline(self, char: str) -> None:
        if char == "*" and not self._code:
            if self._star:
                self._bold = not self._bold
            self._star = not self._star
            return
        if self._star:
            self._word.append(("*", self._style()))
            self._star = False
        if char == "`":
            self._code = not self._code
        else:
            self._word.append((char, self._style()))

    def _style(self) -> str:
        marks = ("cyan",) if self._code else ("bold",) if self._bold else ()
        return " ".join(filter(None, (self._base, self._line_style, *marks)))

    def _flush(self) -> Iterator[Piece]:
        if self._star:
            self._word.append(("*", self._style()))
            self._star = False
        word, self._word = self._word, []
        size = sum(cell_len(text) for text, _ in word)
        if self._width and self._column > self._indent and self._column + size > self._width:
            self._column = self._indent
            yield "\n" + " " * self._indent, ""
        self._column += size
        yield from word

    def _plain(self, text: str) -> Iterator[Piece]:
        self._column += cell_len(text)
        yield text, " ".join(filter(None, (self._base, self._line_style)))

    def _newline(self) -> Iterator[Piece]:
        self._head, self._line_style, self._column, self._indent = "", "", 0, 0
        self._bold = self._code = False
        yield "\n", ""
