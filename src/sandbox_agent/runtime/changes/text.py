"""The unified diff of one file, as `git apply` takes it. Pure."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

__all__ = ["FileDiff", "file_diff", "shown_path"]

_CONTEXT = 3
_EFFORT = 500_000
"""Pairs of equal lines up to which two texts are compared line by line; beyond, all that differs is one change."""
_ESCAPES = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n", ord("\t"): "\\t", ord("\r"): "\\r"}
_FIRST_PRINTABLE, _DELETE = 32, 127
_NO_END = "\\ No newline at end of file"

_Opcode = tuple[str, int, int, int, int]


class FileDiff(NamedTuple):
    """The diff of a file, and how many lines it adds and takes away."""

    text: str
    additions: int = 0
    deletions: int = 0


def file_diff(path: str, old: tuple[str, bytes | None] | None, new: tuple[str, bytes | None] | None) -> FileDiff:
    """How a file changed. Each side is its mode (such as `100644`) and content, or None where there was no file.

    A content of None is one that cannot be shown.
    """
    head = [f"diff --git {_quoted('a/', path)} {_quoted('b/', path)}", *_modes(old, new)]
    before, after = b"" if old is None else old[1], b"" if new is None else new[1]
    names = "/dev/null" if old is None else _quoted("a/", path), "/dev/null" if new is None else _quoted("b/", path)
    if before is None or after is None:
        return FileDiff("\n".join([*head, f"Binary files {names[0]} and {names[1]} differ"]) + "\n")
    if before == after:
        return FileDiff("\n".join(head) + "\n")
    lines = _hunks(_lines(before), _lines(after))
    body = list(lines)
    text = "\n".join([*head, f"--- {names[0]}", f"+++ {names[1]}", *body]) + "\n"
    added, removed = (sum(line.startswith(sign) for line in body) for sign in "+-")
    return FileDiff(text, added, removed)


def shown_path(path: str) -> str:
    """A path as text: what is no UTF-8 in it is replaced."""
    return os.fsencode(path).decode(errors="replace")


def _modes(old: tuple[str, object] | None, new: tuple[str, object] | None) -> Iterator[str]:
    if old is None:
        yield f"new file mode {new[0] if new else '100644'}"
    elif new is None:
        yield f"deleted file mode {old[0]}"
    elif old[0] != new[0]:
        yield f"old mode {old[0]}"
        yield f"new mode {new[0]}"


def _quoted(prefix: str, path: str) -> str:
    raw = os.fsencode(path)
    plain = all(_FIRST_PRINTABLE <= byte != _DELETE and byte not in _ESCAPES for byte in raw)
    if plain and shown_path(path) == path:
        return prefix + path
    return f'"{prefix}{"".join(_escaped(byte) for byte in raw)}"'


def _escaped(byte: int) -> str:
    if byte in _ESCAPES:
        return _ESCAPES[byte]
    return chr(byte) if _FIRST_PRINTABLE <= byte < _DELETE else f"\\{byte:03o}"


def _lines(content: bytes) -> list[bytes]:
    lines = content.split(b"\n")
    whole = [line + b"\n" for line in lines[:-1]]
    return [*whole, lines[-1]] if lines[-1] else whole


def _hunks(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[str]:
    for group in _groups(_changes(old, new), len(old), len(new)):
        first, last = group[0], group[-1]
        yield f"@@ -{_span(first[1], last[2])} +{_span(first[3], last[4])} @@"
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                yield from _signed(" ", old[old_from:old_to])
            else:
                yield from _signed("-", old[old_from:old_to])
                yield from _signed("+", new[new_from:new_to])


def _signed(sign: str, lines: Sequence[bytes]) -> Iterator[str]:
    for line in lines:
        ends = line.endswith(b"\n")
        yield sign + (line[:-1] if ends else line).decode(errors="replace")
        if not ends:
            yield _NO_END


def _span(start: int, stop: int) -> str:
    length = stop - start
    beginning = start + 1 if length else start
    return f"{beginning}" if length == 1 else f"{beginning},{length}"


def _changes(old: Sequence[bytes], new: Sequence[bytes]) -> list[_Opcode]:
    """What to do with `old` to get `new`, beginning and end in common left out of the search."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    old_end, new_end = len(old) - tail, len(new) - tail
    middle_old, middle_new = old[head:old_end], new[head:new_end]
    counts = Counter(middle_old)
    effort = sum(counts[line] * count for line, count in Counter(middle_new).items())
    found: list[_Opcode] = []
    if head:
        found.append(("equal", 0, head, 0, head))
    if effort > _EFFORT:
        found.append(("replace", head, old_end, head, new_end))
    else:
        opcodes = SequenceMatcher(None, middle_old, middle_new, autojunk=False).get_opcodes()
        found += [(tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in opcodes]
    if tail:
        found.append(("equal", old_end, len(old), new_end, len(new)))
    return found


def _common(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    count = 0
    for mine, yours in zip(one, other, strict=False):
        if mine != yours:
            break
        count += 1
    return count


def _groups(opcodes: list[_Opcode], old_size: int, new_size: int) -> Iterator[list[_Opcode]]:
    """Changes with the lines around them; changes near each other are one hunk."""
    group: list[_Opcode] = []
    for tag, old_from, old_to, new_from, new_to in opcodes:
        if tag != "equal":
            group.append((tag, old_from, old_to, new_from, new_to))
            continue
        length = old_to - old_from
        is_last = old_to == old_size and new_to == new_size
        if group and (length > 2 * _CONTEXT or is_last):
            kept = min(_CONTEXT, length)
            yield [*group, ("equal", old_from, old_from + kept, new_from, new_from + kept)] if kept else group
            group = []
        elif group:
            group.append((tag, old_from, old_to, new_from, new_to))
            continue
        kept = min(_CONTEXT, length)
        group = [] if is_last else [("equal", old_to - kept, old_to, new_to - kept, new_to)]
    if group and any(tag != "equal" for tag, *_ in group):
        yield group
