"""Bytes in, frames out: JSON lines and server-sent events.

Splits before it decodes, so that no character of a text can be taken for a line end.
"""

from __future__ import annotations

from sandbox_agent.schema.base import Model

__all__ = ["LINE_LIMIT", "LineSplitter", "LineTooLong", "SseDecoder", "SseFrame"]

LINE_LIMIT = 64 * 1024 * 1024
"""Bytes of one line; a longer one is thrown away and reported."""

_BOM = b"\xef\xbb\xbf"


class LineTooLong(Model):
    """Stands for a line over the limit, which was thrown away."""

    size: int


class LineSplitter:
    """Cuts a byte stream at LF. A final CR is part of the line end; empty lines and a byte order mark are left out."""

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self._limit = limit
        self._first_line = True
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes | LineTooLong]:
        """The lines that `chunk` completes."""
        lines: list[bytes | LineTooLong] = []
        first, *others = chunk.split(b"\n")
        self._push(first)
        if len(others) > 1 and len(chunk) <= self._limit and not self._first_line:  # the middle ones are whole lines
            self._take(lines)
            lines += [line for part in others[:-1] if (line := part.removesuffix(b"\r"))]
            self._push(others[-1])
            return lines
        for part in others:
            self._take(lines)
            self._push(part)
        return lines

    def flush(self) -> list[bytes | LineTooLong]:
        """The unfinished last line, at the end of the stream."""
        lines: list[bytes | LineTooLong] = []
        self._take(lines)
        return lines

    def _push(self, part: bytes) -> None:
        if not part:
            return
        self._size += len(part)
        if self._size > self._limit:
            self._parts.clear()
        else:
            self._parts.append(part)

    def _take(self, lines: list[bytes | LineTooLong]) -> None:
        if self._size > self._limit:
            lines.append(LineTooLong(size=self._size))
        elif self._parts:
            line = (self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)).removesuffix(b"\r")
            if self._first_line:
                line = line.removeprefix(_BOM)
                self._first_line = False
            if line:
                lines.append(line)
        self._parts.clear()
        self._size = 0


class SseFrame(Model):
    """One server-sent event."""

    data: bytes
    id: str | None = None
    event: str | None = None


class SseDecoder:
    """Cuts a byte stream into server-sent events; accepts LF, CRLF and CR line ends, also cut between chunks.

    Source: the event stream format of the HTML standard. Comments are skipped; a final block without a blank line is
    not delivered, as the standard says: a reader that reconnects by id gets it again.
    """

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._skip_lf = False
        self._first_line = True
        self._data: list[bytes] = []
        self._id: str | None = None
        self._event: str | None = None

    def feed(self, chunk: bytes) -> list[SseFrame]:
        """The events that `chunk` completes."""
        if not chunk:
            return []
        if self._skip_lf:
            chunk = chunk.removeprefix(b"\n")
        self._skip_lf = chunk.endswith(b"\r")
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        frames: list[SseFrame] = []
        first, *others = chunk.split(b"\n")
        self._rest.append(first)
        for part in others:
            self._line(b"".join(self._rest), frames)
            self._rest = [part]
        return frames

    def _line(self, line: bytes, frames: list[SseFrame]) -> None:
        if self._first_line:
            line = line.removeprefix(_BOM)
            self._first_line = False
        if not line:
            if self._data:
                frames.append(SseFrame(data=b"\n".join(self._data), id=self._id, event=self._event))
            self._data, self._event = [], None
            return
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        match field:
            case b"data":
                self._data.append(value)
            case b"id" if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
            case b"event":
                self._event = value.decode("utf-8", "replace")
            case _:
                pass
