"""Our ends of an agent's pipes: reading and writing that never blocks the event loop.

Plain descriptors on the loop rather than its transports: what a dead program left in its pipe must be read to the
byte, and no further, because a grandchild may go on writing.
"""

from __future__ import annotations

import array
import asyncio
import fcntl
import os
import termios
from collections import deque
from collections.abc import Callable
from io import FileIO

__all__ = ["Reader", "Writer"]

CHUNK = 64 * 1024
"""What a pipe holds. A larger buffer would be mapped and unmapped by the kernel for every read."""


class Reader:
    """Hands over what arrives, one chunk for each turn of the loop."""

    def __init__(self, file: FileIO, take: Callable[[bytes], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._file = file
        self._take = take
        self._reading = False
        self.resume()

    def pause(self) -> None:
        """Leave what arrives in the pipe."""
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._file)

    def resume(self) -> None:
        """Read (again)."""
        if not self._reading and not self._file.closed:
            self._reading = True
            self._loop.add_reader(self._file, self._read)

    def finish(self) -> None:
        """Hand over what is in the pipe now, then close it."""
        self.pause()
        if self._file.closed:
            return
        try:
            waiting = array.array("i", [0])
            fcntl.ioctl(self._file, termios.FIONREAD, waiting)
            left = waiting[0]
            while left > 0 and (chunk := os.read(self._file.fileno(), min(left, CHUNK))):
                left -= len(chunk)
                self._take(chunk)
        except OSError:
            pass  # empty after all
        finally:
            self._file.close()

    def close(self) -> None:
        """Read no more."""
        self.pause()
        self._file.close()

    def _read(self) -> None:
        try:
            chunk = os.read(self._file.fileno(), CHUNK)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if chunk:
            self._take(chunk)
        else:
            self.close()


class Writer:
    """Takes bytes at once and writes them as the agent reads. A broken pipe is no error: the exit tells."""

    def __init__(self, file: FileIO) -> None:
        self._loop = asyncio.get_running_loop()
        self._file = file
        self._queue: deque[memoryview] = deque()

    def send(self, data: bytes) -> None:
        """Write or queue; ignored when the pipe is closed."""
        if self._file.closed or not data:
            return
        self._queue.append(memoryview(data))
        if len(self._queue) == 1:
            self._write()
            if self._queue:
                self._loop.add_writer(self._file, self._write)

    def close(self) -> None:
        """Close the agent's input; what it has not taken is dropped."""
        if not self._file.closed:
            self._loop.remove_writer(self._file)
            self._queue.clear()
            self._file.close()

    def _write(self) -> None:
        try:
            while self._queue:
                data = self._queue[0]
                written = os.write(self._file.fileno(), data)
                if written < len(data):
                    self._queue[0] = data[written:]
                else:
                    self._queue.popleft()
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        self._loop.remove_writer(self._file)
