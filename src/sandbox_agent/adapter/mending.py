"""JSON that only its writer could read, and values that cannot be written. Pure.

JavaScript cuts texts by UTF-16 units, so half of an emoji may be left, and it writes that half as an escape of its own.
Other programs put bytes into a string that are no UTF-8, or nest values deeper than the readers of most languages go.
None of it is worth the loss of a message.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from sandbox_agent.schema.base import encode

__all__ = ["CUT", "DEEPEST", "SHORT", "flattened", "mended", "written"]

DEEPEST = 500
"""Values within values. Python's readers stop below a thousand, less what their caller takes; nobody means so many."""
SHORT = 2 * DEEPEST
"""Bytes of a line that has no room for more of them."""
CUT = "(nested too deeply)"
"""Stands for a value that was."""

_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # two halves
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"  # one
    rb"|\\.",
    re.DOTALL,
)
_UNKNOWN = rb"\ufffd"
_SHOWN = 100
"""Of a value that cannot be written, so many levels."""
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|([\[{])|([\]}])', re.DOTALL)


def mended(line: bytes) -> bytes:
    """The line with U+FFFD in the place of each half character and of each byte that is no text."""
    text = line.decode(errors="replace").encode()
    return _ESCAPE.sub(lambda found: _UNKNOWN if found[1] else found[0], text)


def flattened(line: bytes) -> bytes:
    """The line with `CUT` in the place of each list and object that `DEEPEST` others are around."""
    if line.count(b"[") + line.count(b"{") <= DEEPEST:
        return line
    kept: list[bytes] = []
    start = depth = 0
    for token in _TOKEN.finditer(line):
        if token[1]:
            if depth == DEEPEST:
                kept.append(line[start : token.start()])
            depth += 1
        elif token[2]:
            depth -= 1
            if depth == DEEPEST:
                kept.append(b'"%b"' % CUT.encode())
                start = token.end()
    if depth <= DEEPEST:
        kept.append(line[start:])
    return b"".join(kept)


def written(value: Any) -> bytes:
    """A value as JSON: like `encode`, but of one that JSON cannot hold, too deep or not of its kinds, what it can."""
    try:
        return encode(value)
    except Exception:  # noqa: BLE001 - it may be anything: adapters are also other people's
        return encode(_writable(value, _SHOWN))


def _writable(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, int | float | msgspec.Raw):
        return value
    if depth and isinstance(value, msgspec.Struct):
        fields = {name: _writable(getattr(value, name), depth - 1) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    if depth and isinstance(value, dict):
        return {_text(key): _writable(each, depth - 1) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if depth and isinstance(value, list | tuple):
        return [_writable(each, depth - 1) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return _text(value) if depth else CUT


def _text(value: Any) -> str:
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
