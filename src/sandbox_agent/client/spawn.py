"""Embedded mode: a daemon of our own on loopback that cannot outlive us.

We bind the port and hand the listening socket over, so nobody else can take the port in between, and a request sent
at once simply waits until the daemon has started. The daemon's standard input is a pipe that we hold: when we end, in
whatever way, it is closed and the daemon stops.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, TypeAlias

from sandbox_agent.client.find import find_daemon
from sandbox_agent.schema.errors import ConnectionFailed

__all__ = ["Daemon", "LogTarget", "launch"]

LogTarget: TypeAlias = Literal["silent", "inherit"] | os.PathLike[str]
"""Where the daemon's own words go: nowhere, to this process's stderr, or into a file."""

_CLOSE_SECONDS = 5.0
_BACKLOG = 512
_TAIL = 4000
_STDERR = 2


@dataclass(frozen=True, kw_only=True)
class Daemon:
    """A running daemon and how to reach it."""

    process: subprocess.Popen[bytes]
    base_url: str
    token: str
    log: IO[bytes] | None
    path: str | None = None
    """Of the unix socket, where it is one."""

    def failure(self) -> str | None:
        """Why there will be no answer any more; None while the daemon runs."""
        status = self.process.poll()
        if status is None:
            return None
        return f"the daemon ended with exit status {status}{self._last_words()}"

    def close(self) -> None:
        """Ask it to stop, give it 5 s, then kill it. Safe to call again."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.log is not None:
            self.log.close()
        if self.path is not None:
            Path(self.path).unlink(missing_ok=True)

    def _last_words(self) -> str:
        if self.log is None or self.log.closed or not self.log.readable():
            return ""
        size = self.log.seek(0, os.SEEK_END)
        self.log.seek(max(0, size - _TAIL))
        text = self.log.read().decode("utf-8", "replace").strip()
        return f": {text}" if text else ""


def launch(
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    mock_pace: float | None = None,
    log: LogTarget = "silent",
    path: str | os.PathLike[str] | None = None,
) -> Daemon:
    """Start a daemon; returns at once, while it still loads. `path`: at a unix socket instead of a port.

    Raises `ConnectionFailed` when another server listens at `path`, and when there is no command that can be started.
    """
    token = secrets.token_hex(24)
    environ = {**os.environ, **(env or {}), "SANDBOX_AGENT_TOKEN": token}
    if data_dir is not None:
        environ["SANDBOX_AGENT_DATA_DIR"] = os.fspath(data_dir)
    if log == "silent":
        environ.setdefault("SANDBOX_AGENT_LOG_HTTP", "0")
    command = find_daemon(environ)
    place = None if path is None else os.path.abspath(path)  # noqa: PTH100 - it may be a link, which stays one
    with _listener(place) as listener:
        argv = [*command, "server", "--fd", str(listener.fileno()), "--exit-with-parent"]
        if mock_pace is not None:
            argv += ["--mock-pace", str(mock_pace)]
        output = _open(log)
        try:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=_STDERR if output is None else output,
                stderr=None if output is None else output,
                cwd=cwd,
                env=environ,
                pass_fds=(listener.fileno(),),
                start_new_session=True,  # Ctrl-C in the terminal is for the caller, not for the daemon
            )
        except OSError as error:
            if output is not None:
                output.close()
            raise ConnectionFailed(f"{command[0]} cannot be started: {error}") from error
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}" if place is None else f"unix:{place}"
    return Daemon(process=process, base_url=base_url, token=token, log=output, path=place)


def _listener(path: str | None) -> socket.socket:
    if path is None:
        return socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _make_room(path)
        before = os.umask(0o177)  # only its owner may open it
        try:
            listener.bind(path)
        finally:
            os.umask(before)
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def _make_room(path: str) -> None:
    """Remove the socket of a server that was killed."""
    if not Path(path).is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        try:
            caller.connect(path)
        except ConnectionRefusedError:
            Path(path).unlink(missing_ok=True)
        else:
            raise ConnectionFailed(f"a server listens at {path} already")


def _open(log: LogTarget) -> IO[bytes] | None:
    if log == "inherit":
        return None
    if log == "silent":
        return tempfile.TemporaryFile()
    return Path(log).open("a+b")
