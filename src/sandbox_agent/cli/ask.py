"""Asks the person at the terminal: permissions and questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from rich.console import Console
from rich.text import Text

from sandbox_agent.cli.lines import read_line
from sandbox_agent.cli.prose import Prose, clean
from sandbox_agent.cli.render import summary
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.commands import PermissionReply
from sandbox_agent.schema.events import PermissionRequested, Question, QuestionRequested

__all__ = ["Asker", "chosen", "describe", "permission_reply"]

_REPLIES: dict[str, PermissionReply] = {
    **dict.fromkeys(("1", "y", "yes", "once"), "once"),
    **dict.fromkeys(("2", "a", "always"), "always"),
    **dict.fromkeys(("3", "n", "no", "reject"), "reject"),
}
_DETAILS = ("command", "path", "file_path", "url")


class Asker:
    """Prints what is asked and reads the answer, one line at a time."""

    def __init__(self, console: Console, read: Callable[[str], str] = read_line) -> None:
        self._console = console
        self._read = read

    def permission(self, request: PermissionRequested) -> tuple[PermissionReply, str | None]:
        """Once, always or reject; a rejection may say why. Ctrl-D rejects."""
        what, rule = describe(request)
        self._line("")
        self._line(f"? {request.action}", "bold yellow")
        if what:
            self._line(f"  {what}")
        self._line("  1 once")
        self._line(f"  2 always: {rule}" if rule else "  2 always (exactly this)")
        self._line("  3 reject (or: no, because …)")
        while True:
            line = self._input("allow? ")
            answer = ("reject", None) if line is None else permission_reply(line)
            if answer is not None:
                return answer
            self._line("  1, 2 or 3", "dim")

    def question(self, request: QuestionRequested) -> list[list[str]] | None:
        """The answers to all questions of a request; None when there are none, or at Ctrl-D."""
        if request.plan:
            self._plan(request.plan)
        questions = request.questions or (Question(question=request.prompt, options=()),)
        answers: list[list[str]] = []
        for question in questions:
            answer = self._one(question)
            if answer is None:
                return None
            answers.append(answer)
        return answers

    def _one(self, question: Question) -> list[str] | None:
        self._line("")
        self._line(f"? {question.question}", "bold yellow")
        for number, option in enumerate(question.options, 1):
            self._line(f"  {number} {option.label}" + (f": {option.description}" if option.description else ""))
        hint = "numbers with commas, or your own words" if question.multi_select else "a number, or your own words"
        if question.options:
            self._line(f"  {hint}", "dim")
        while True:
            line = self._input("answer: ")
            if line is None:
                return None
            if answer := chosen(question, line):
                return answer

    def _plan(self, plan: str) -> None:
        prose = Prose(width=self._console.width)
        self._line("")
        text = Text(end="")
        for piece, style in (*prose.feed(plan), *prose.finish()):
            text.append(piece, style or None)
        self._console.print(text, soft_wrap=True)

    def _input(self, prompt: str) -> str | None:
        try:
            return self._read(prompt).strip()
        except EOFError:
            self._line("\n  (refused)", "dim")
            return None

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(Text(clean(text), style), soft_wrap=True)


def permission_reply(answer: str) -> tuple[PermissionReply, str | None] | None:
    """What a typed answer means; words after a rejection are for the agent."""
    word, _, rest = answer.partition(" ")
    reply = _REPLIES.get(word.strip(",.:").lower())
    if reply is None or (rest and reply != "reject"):
        return None
    return reply, rest.strip() or None


def chosen(question: Question, answer: str) -> list[str]:
    """The labels that a typed answer names, or the words themselves; nothing for an empty line."""
    labels = [option.label for option in question.options]
    parts = [part.strip() for part in answer.split(",")] if question.multi_select else [answer]
    numbers = [part for part in parts if part.isdecimal() and 1 <= int(part) <= len(labels)]
    if parts and len(numbers) == len(parts):
        return list(dict.fromkeys(labels[int(number) - 1] for number in numbers))
    return [answer] if answer else []


def describe(request: PermissionRequested) -> tuple[str, str | None]:
    """What the agent wants to do, and the exact rule that `always` would allow."""
    raw: Any = request.metadata
    if not isinstance(raw, dict):
        return "", None
    metadata = cast("dict[str, Any]", raw)
    rule = metadata.get("always")
    given = metadata.get("input")
    for key in _DETAILS:
        if isinstance(metadata.get(key), str):
            what = metadata[key]
            break
    else:
        what = summary(encode(given).decode()) if given is not None else ""
    return what, rule if isinstance(rule, str) else None
