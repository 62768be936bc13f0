"""A program in a terminal: what it shows, what is typed, how it ends."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

__all__ = ["Terminal"]

COMMAND = (sys.executable, "-m", "sandbox_agent")
_SECONDS = 30.0


class Terminal:
    """Runs `sandbox-agent ARGUMENTS`, or another program, on a pseudo-terminal."""

    def __init__(
        self,
        arguments: Sequence[str],
        home: Path,
        program: Sequence[str] = COMMAND,
        environ: Mapping[str, str] = os.environ,
        cwd: Path | None = None,
    ) -> None:
        self._master, slave = pty.openpty()
        env = {**environ, "HOME": str(home), "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
        self.process = subprocess.Popen(
            [*program, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - Ctrl-C has to come from the terminal
        )
        os.close(slave)
        self._seen = ""
        self._from = 0

    def expect(self, text: str) -> None:
        """Wait until `text` is shown after what was expected before."""
        deadline = time.monotonic() + _SECONDS
        while text not in self._seen[self._from :]:
            assert self._read(deadline), f"{text!r} was not shown; there was: {self._seen[self._from :]!r}"
        self._from = self._seen.index(text, self._from) + len(text)

    def find(self, pattern: str) -> str:
        """Wait for what fits a pattern, after what was expected before; its first group."""
        deadline = time.monotonic() + _SECONDS
        while (found := re.search(pattern, self._seen[self._from :])) is None:
            assert self._read(deadline), f"{pattern!r} was not shown; there was: {self._seen[self._from :]!r}"
        self._from += found.end()
        return found[1]

    def enter(self, line: str) -> None:
        """Type a line."""
        os.write(self._master, line.encode() + b"\n")

    def type(self, text: str) -> None:
        """Type without a line's end."""
        os.write(self._master, text.encode())

    def press(self, key: str) -> None:
        """Press Ctrl and `key`."""
        os.write(self._master, bytes([ord(key.upper()) - 64]))

    def end(self) -> tuple[int, str]:
        """Wait for the end; the exit status and everything that was shown."""
        deadline = time.monotonic() + _SECONDS
        while self._read(deadline):
            pass
        return self.process.wait(_SECONDS), self._seen

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            chunk = os.read(self._master, 65536)
        except OSError:  # the other side is closed
            return False
        self._seen += chunk.decode("utf-8", "replace")
        return bool(chunk)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._master)


def _take_terminal() -> None:
    import fcntl  # noqa: PLC0415 - in the child
    import termios  # noqa: PLC0415

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
