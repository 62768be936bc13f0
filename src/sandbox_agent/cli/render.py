"""Shows a turn in the terminal as it happens: appended, never redrawn."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

from rich.console import Console
from rich.text import Text

from sandbox_agent.cli.prose import Piece, Prose, clean
from sandbox_agent.schema.content import (
    ContentPart,
    FileRefPart,
    ImagePart,
    Item,
    JsonPart,
    ReasoningPart,
    StatusPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from sandbox_agent.schema.events import (
    AgentUnparsed,
    ErrorReported,
    Event,
    ItemCompleted,
    ItemDelta,
    ItemStarted,
    PermissionResolved,
    QuestionResolved,
    StderrTail,
    Todo,
    TodoUpdated,
    TurnEnded,
    Usage,
    UsageUpdated,
)

__all__ = ["Renderer", "summary"]

_OUTPUT_LINES = 12
_DIFF_LINES = 80
_TELLING = ("command", "file_path", "path", "pattern", "url", "query", "description", "prompt", "skill")
_THOUGHT = "dim italic"


class Renderer:
    """Takes the events of a turn, one after the other."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._width = console.width if console.is_terminal else None
        self._items: dict[str, Item] = {}
        self._streams: dict[str, Prose] = {}
        self._current: str | None = None
        self._todos: tuple[Todo, ...] = ()
        self._usage: Usage | None = None
        self.answered: set[str] = set()
        """Permissions whose answer is on the screen already."""

    def show(self, event: Event) -> None:
        """Print what `event` adds."""
        match event.data:
            case ItemStarted(item=item):
                self._items[item.item_id] = item
            case ItemDelta(item_id=item_id, delta=delta):
                self._delta(item_id, delta)
            case ItemCompleted(item=item):
                self._completed(item)
            case TodoUpdated(todos=todos):
                self._show_todos(todos)
            case UsageUpdated(turn=turn):
                self._usage = turn
            case PermissionResolved(permission_id=permission_id) if permission_id in self.answered:
                pass
            case PermissionResolved(status=status, action=action):
                word = "rejected" if status == "reject" else "allowed"
                self._note(f"{action}: {word}", "red" if status == "reject" else "green")
            case QuestionResolved(status="rejected"):
                self._note("not answered", "red")
            case ErrorReported(message=message, code=code):
                self._note(f"error: {message}" + (f" ({code})" if code else ""), "bold red")
            case AgentUnparsed(error=error):
                self._note(f"not understood: {error}", "dim")
            case TurnEnded() as ended:
                self._ended(ended)
            case _:
                pass

    def pause(self) -> None:
        """End the line that is being written, so that something else can be."""
        if self._current is not None:
            self._put(self._streams[self._current].finish())
            self._current = None

    def _delta(self, item_id: str, delta: str) -> None:
        item = self._items.get(item_id)
        if item is None or item.kind != "message" or item.role == "user":
            return
        if self._current != item_id:
            self.pause()
            self._current = item_id
        if item_id not in self._streams:
            thinking = any(isinstance(part, ReasoningPart) for part in item.content)
            self._streams[item_id] = Prose(style=_THOUGHT if thinking else "", width=self._width)
            self._console.print()
        self._put(self._streams[item_id].feed(delta))

    def _completed(self, item: Item) -> None:
        if item.item_id in self._streams:
            if self._current == item.item_id:
                self.pause()
            del self._streams[item.item_id]
            left: list[ContentPart] = [p for p in item.content if not isinstance(p, TextPart | ReasoningPart)]
        else:
            self.pause()
            left = list(item.content)
        if item.kind == "message" and item.role == "user":
            return
        self._parts(item, left)

    def _parts(self, item: Item, parts: list[ContentPart]) -> None:
        indent = "  " if item.parent_id else ""
        shown_diff = any(isinstance(part, FileRefPart) and part.diff for part in parts)
        for part in parts:
            match part:
                case TextPart(text=text):
                    self._text(text, "dim" if item.kind == "system" else "")
                case ReasoningPart(text=text):
                    self._text(text, _THOUGHT)
                case ToolCallPart():
                    self._call(part, indent, failed=item.status == "failed")
                case ToolResultPart(output=output):
                    if item.status == "failed" or not shown_diff:
                        self._output(output, indent, failed=item.status == "failed")
                case FileRefPart():
                    self._file(part, indent)
                case StatusPart(label=label, detail=detail):
                    self._note(f"{indent}· {label}" + (f": {detail}" if detail else ""), "dim")
                case ImagePart(path=path):
                    self._note(f"{indent}image {path[:200]}", "dim")
                case JsonPart(json=value):
                    self._note(f"{indent}{_cut(json.dumps(value, ensure_ascii=False), 400)}", "dim")

    def _text(self, text: str, style: str) -> None:
        prose = Prose(style=style, width=self._width)
        self._console.print()
        self._put(prose.feed(text))
        self._put(prose.finish())

    def _call(self, call: ToolCallPart, indent: str, *, failed: bool) -> None:
        line = Text(f"\n{indent}")
        line.append("● ", "red" if failed else "green")
        line.append(clean(call.name), "bold")
        told = summary(call.arguments)
        room = (self._width or 400) - len(indent) - len(call.name) - 5
        line.append(f"  {_cut(told, max(room, 20))}" if told else "")
        self._print(line)

    def _output(self, output: str, indent: str, *, failed: bool) -> None:
        lines = clean(output, colors=True).rstrip().split("\n")
        if lines == [""]:
            lines = ["(nothing)"]
        for number, text in enumerate(lines[:_OUTPUT_LINES]):
            mark = ("✗ " if failed else "⎿ ") if number == 0 else "  "
            line = Text(f"{indent}  {mark}", "red" if failed else "dim")
            body = Text.from_ansi(_cut(text, 2000))
            body.stylize_before("red" if failed else "dim")
            self._print(line + body)
        self._more(len(lines) - _OUTPUT_LINES, indent)

    def _file(self, part: FileRefPart, indent: str) -> None:
        self._note(f"{indent}  {part.action} {part.path}", "bold" if part.diff else "dim")
        if part.diff:
            self._diff(part.diff, indent)

    def _diff(self, diff: str, indent: str) -> None:
        lines = [line for line in clean(diff).rstrip("\n").split("\n") if not line.startswith(("--- ", "+++ "))]
        for text in lines[:_DIFF_LINES]:
            self._print(Text(f"{indent}    {_cut(text, 2000)}", _diff_style(text)))
        self._more(len(lines) - _DIFF_LINES, indent)

    def _more(self, count: int, indent: str) -> None:
        if count > 0:
            self._note(f"{indent}    … {count} more lines", "dim")

    def _show_todos(self, todos: tuple[Todo, ...]) -> None:
        if todos == self._todos:
            return
        self._todos = todos
        self.pause()
        self._console.print()
        for todo in todos:
            mark, style = {
                "completed": ("☑", "dim"),
                "in_progress": ("▶", "bold"),
                "pending": ("☐", ""),
            }[todo.status]
            self._print(Text(f"  {mark} {clean(todo.content)}", style))

    def _ended(self, ended: TurnEnded) -> None:
        self.pause()
        if ended.stderr is not None:
            self._stderr(ended.stderr)
        words = [str(ended.reason or "completed").replace("_", " ")]
        if ended.exit_code is not None:
            words[0] += f" (exit code {ended.exit_code})"
        self._console.print()
        style = "dim" if ended.reason in {"completed", None} else "bold red"
        self._print(Text(" · ".join([*words, *_used(self._usage)]), style))

    def _stderr(self, stderr: StderrTail) -> None:
        self._note("the agent's last words:", "red")
        for text in (stderr.head, stderr.tail):
            if text:
                self._output(text, "", failed=True)

    def _note(self, text: str, style: str) -> None:
        self.pause()
        self._print(Text(clean(text), style))

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)

    def _put(self, pieces: Iterable[Piece]) -> None:
        text = Text(end="")
        for piece, style in pieces:
            text.append(piece, style or None)
        if text:
            self._console.print(text, end="", soft_wrap=True)


def summary(arguments: str) -> str:
    """A tool call's arguments in one line: the telling one, or all."""
    try:
        value = json.loads(arguments or "{}")
    except json.JSONDecodeError:
        return clean(" ".join(arguments.split()))
    if isinstance(value, dict):
        named = cast("dict[str, Any]", value)
        if isinstance(named.get("questions"), list):
            asked = cast("list[dict[str, Any]]", named["questions"])
            return clean(" / ".join(str(each.get("question", "")) for each in asked if hasattr(each, "get")))
        for key in _TELLING:
            if isinstance(named.get(key), str):
                return clean(" ".join(named[key].split()))
        value = named or ""
    return clean(json.dumps(value, ensure_ascii=False) if value else "")


def _used(usage: Usage | None) -> list[str]:
    if usage is None:
        return []
    read = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    words = [f"{read:,} tokens in", f"{usage.output_tokens:,} out"]
    if usage.cost_usd is not None:
        words.append(f"${usage.cost_usd:.4f}")
    return words


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _diff_style(line: str) -> str:
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
