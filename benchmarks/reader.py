"""A process that reads event streams over raw sockets and checks every piece of them; it must never be what is slow.

`python reader.py '{"port": ..., "path": ..., "count": ..., ...}'` (see `Order`). Prints `ready` when every stream is
open, reads until each has had its last event or nothing comes any more, and prints a `Report` as JSON.

Streams are kept and examined after the clock has stopped. Where that would take too much memory (many readers of a
daemon that sends everybody everything), the first stream is kept and examined, and each of the others is compared with
it byte by byte as it comes.
"""

from __future__ import annotations

import json
import re
import select
import socket
import sys
import time
from dataclasses import asdict, dataclass, field

CHUNK = 256 * 1024
_FIRST_SECONDS = 30.0
"""For the first byte: the agent prepares a flood before it begins."""


@dataclass
class Order:
    """What to read."""

    port: int
    path: str
    pieces: int
    """How many pieces the agent will say."""
    before: str
    """What stands before a piece in a frame."""
    end: str
    """What only the last frame of a stream has."""
    after: int = 0
    """Id of the last event that is not wanted."""
    count: int = 1
    """How many readers."""
    same: bool = False
    """All streams are the same bytes: keep one, compare the others with it."""
    silence: float = 5.0
    """Seconds without a byte after which no more is expected."""


@dataclass
class Report:
    """What was read. Times are of the monotonic clock, in nanoseconds."""

    asked: int
    """When the streams were asked for."""
    said: int = 0
    """When the agent said the first piece."""
    last: int = 0
    """When the last byte came."""
    size: int = 0
    """Bytes of all streams."""
    received: int = 0
    """Pieces of all streams, each at its place."""
    lost: int = 0
    delays: list[int] = field(default_factory=list[int])
    """Nanoseconds from agent to the first reader, sorted; empty when the pieces tell no moment."""


class Stream:
    """One connection, kept."""

    def __init__(self, order: Order) -> None:
        self.sock = socket.create_connection(("127.0.0.1", order.port))
        head = f"GET {order.path} HTTP/1.1\r\nhost: 127.0.0.1:{order.port}\r\nlast-event-id: {order.after}\r\n\r\n"
        self.sock.sendall(head.encode())
        self.chunks: list[tuple[int, bytes]] = []
        self.done = False
        self._end = order.end.encode()
        self._tail = b""
        self.head()

    def head(self) -> None:
        """Read the head of the response."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.sock.recv(65536)
            if not more:
                raise SystemExit(f"the stream ended at once: {data!r}")
            data += more
        head, rest = data.split(b"\r\n\r\n", 1)
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise SystemExit(f"no stream: {data!r}")
        if rest:
            self.take(rest)

    def take(self, data: bytes) -> None:
        """Keep what came."""
        self.chunks.append((time.monotonic_ns(), data))
        tail = self._tail + data[-2000:]
        if self._end in tail:
            self.done = True
        self._tail = tail[-len(self._end) :]

    def read(self) -> int:
        """Read once; how many bytes came."""
        data = self.sock.recv(CHUNK)
        if data:
            self.take(data)
        else:
            self.done = True
        return len(data)

    def body(self) -> bytes:
        """Everything that came."""
        return b"".join(chunk for _, chunk in self.chunks)


class Original(Stream):
    """A kept stream with its chunk framing taken off, for others to be compared with."""

    def __init__(self, order: Order) -> None:
        self.text = bytearray()
        self._frames = Dechunker()
        super().__init__(order)

    def take(self, data: bytes) -> None:
        """See `Stream`."""
        super().take(data)
        for part in self._frames.feed(data):
            self.text += part


class Copy(Stream):
    """A stream that has to be what the original is."""

    def __init__(self, order: Order, original: Original) -> None:
        self.position = 0
        self.wrong = False
        self._original = original
        self._frames = Dechunker()
        super().__init__(order)

    def take(self, data: bytes) -> None:
        """Compare what came with the original, which is read as far as needed."""
        text = self._original.text
        for part in self._frames.feed(data):
            stop = self.position + len(part)
            while len(text) < stop and not self._original.done:
                self._original.read()
            # What follows the end of the turn (a change of files, told when it is known) nobody reads of the original.
            known = text[self.position : stop]
            if known != (part[: len(known)] if self._original.done else part):
                self.wrong = True
            self.position = stop
        if self._original.done and self.position >= len(text):
            self.done = True


class Dechunker:
    """Takes HTTP's chunk framing off."""

    def __init__(self) -> None:
        self._left = 0
        self._line = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The text in what came."""
        parts: list[bytes] = []
        start = 0
        while start < len(data):
            if self._left:
                stop = min(len(data), start + self._left)
                parts.append(data[start:stop])
                self._left -= stop - start
                start = stop
                continue
            stop = data.find(b"\n", start) + 1
            self._line += data[start : stop or len(data)]
            start = stop or len(data)
            if stop and self._line.strip():
                self._left = int(self._line, 16)
            if stop:
                self._line = b""
        return parts


def read(streams: list[Stream], silence: float) -> tuple[int, int]:
    """Read until all are done or nothing comes; the moment of the last byte, and how many there were."""
    poll = select.epoll()
    for stream in streams:
        poll.register(stream.sock, select.EPOLLIN)
    by_number = {stream.sock.fileno(): stream for stream in streams}
    last, size = time.monotonic_ns(), 0
    while not all(stream.done for stream in streams):
        ready = poll.poll(silence if size else _FIRST_SECONDS)
        if not ready:
            break
        for number, _ in ready:
            stream = by_number[number]
            if stream.done:
                poll.unregister(number)
            else:
                size += stream.read()
        last = time.monotonic_ns()
    return last, size


def examine(stream: Stream, order: Order, report: Report, *, delays: bool) -> int:
    """How many pieces a kept stream has, each in its place."""
    pattern = re.compile(re.escape(order.before.encode()) + rb"~(\d{8})~(\d{20})~")
    body = stream.body()
    expected, seen = 0, 0
    numbers = [(int(number), int(moment)) for number, moment in pattern.findall(body)]
    for number, _ in numbers:
        if number < expected:
            raise SystemExit(f"piece {number} came after piece {expected - 1}")
        seen += 1
        expected = number + 1
    if numbers and numbers[0][1]:
        report.said = numbers[0][1]
    if delays:
        report.delays = sorted(_delays(stream, pattern))
    return seen


def _delays(stream: Stream, pattern: re.Pattern[bytes]) -> list[int]:
    """A piece arrives with the chunk that brings its end."""
    delays: list[int] = []
    rest = b""
    for moment, chunk in stream.chunks:
        text = rest + chunk
        end = 0
        for match in pattern.finditer(text):
            delays.append(moment - int(match[2]))
            end = match.end()
        rest = text[max(end, len(text) - 200) :]
    return delays


def main() -> None:
    """Read as ordered and report."""
    order = Order(**json.loads(sys.argv[1]))
    report = Report(asked=time.monotonic_ns())
    streams: list[Stream]
    if order.same and order.count > 1:
        original = Original(order)
        streams = [original, *(Copy(order, original) for _ in range(order.count - 1))]
    else:
        streams = [Stream(order) for _ in range(order.count)]
    print("ready", flush=True)
    report.last, report.size = read(streams, order.silence)
    for index, stream in enumerate(streams):
        if isinstance(stream, Copy):
            continue
        report.received += examine(stream, order, report, delays=index == 0)
    copies = [stream for stream in streams if isinstance(stream, Copy)]
    if any(copy.wrong for copy in copies):
        raise SystemExit("two readers were sent different bytes")
    report.received += sum(report.received if copy.done else 0 for copy in copies[:1]) * len(copies)
    if not all(copy.done for copy in copies):
        raise SystemExit("a reader was not sent all")
    report.lost = order.pieces * order.count - report.received
    print(json.dumps(asdict(report)))


if __name__ == "__main__":
    main()
