"""A program that draws on a whole terminal: what it has written so far, without the escapes, and what is typed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

__all__ = ["Screen"]

_SECONDS = 60.0
_ESCAPE = re.compile(
    r"\x1b\[[0-9;:?<>=]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_].*?\x1b\\|\x1b.", re.DOTALL
)
_ANSWERS = {b"\x1b[6n": b"\x1b[1;1R", b"\x1b[c": b"\x1b[?62;4c"}
"""What a terminal says when it is asked where the cursor is, and what it can do."""


class Screen:
    """Runs a program on a terminal of 120 by 40."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=dict(env), cwd=folder, start_new_session=True
        )
        os.close(slave)
        self._written = b""
        self._from = 0

    @property
    def text(self) -> str:
        """Everything that was drawn, in the order of drawing."""
        return _ESCAPE.sub("", self._written.decode("utf-8", "replace"))

    def expect(self, text: str) -> None:
        """Wait until `text` is drawn after what was expected before."""
        deadline = time.monotonic() + _SECONDS
        while text not in self.text[self._from :]:
            assert self._read(deadline), f"{text!r} was not drawn; there was: {self.text[self._from :]!r}"
        self._from = self.text.index(text, self._from) + len(text)

    def type(self, text: str) -> None:
        """Type, and wait until it is drawn: keys that come all at once are taken for a paste."""
        os.write(self._master, text.encode())

    def enter(self) -> None:
        """Press Enter."""
        os.write(self._master, b"\r")

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            chunk = os.read(self._master, 65536)
        except OSError:  # the other side is closed
            return False
        self._written += chunk
        for question, answer in _ANSWERS.items():
            if question in chunk:
                os.write(self._master, answer)
        return bool(chunk)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        os.close(self._master)
