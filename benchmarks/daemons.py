"""The two daemons under test, behind one small interface, each with the stand-in agent it is able to start."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from http1 import Connection

__all__ = ["Daemon", "Ours", "Peer", "Product", "running"]

STANDIN = Path(__file__).with_name("standin.py")
START_SECONDS = 20.0


class Product(Protocol):
    """How to run a daemon and what its API looks like."""

    name: str
    before: str
    """What stands before a piece of text in the frame that brings it."""
    end: str
    """What only the frame at the end of a turn has."""
    keeps_all: bool
    """Every reader is sent everything."""

    def command(self, port: int) -> list[str]:
        """The command line."""
        ...

    def prepare(self, home: Path) -> dict[str, str]:
        """Put the stand-in agent where the daemon looks for it; the environment of the daemon."""
        ...

    def open(self, connection: Connection, session: str, home: Path) -> None:
        """Open a session with the stand-in agent."""
        ...

    def stream(self, session: str) -> str:
        """Path of the session's events; where to begin is said with Last-Event-ID."""
        ...

    def prompt(self, connection: Connection, session: str, text: str) -> bytes:
        """The request that sends a message, as bytes."""
        ...


def _launcher(path: Path, dialect: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{STANDIN}" {dialect}\n')
    path.chmod(0o755)


def _environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}


class Ours:
    """This project."""

    name = "ours"
    before = '"delta":"'
    end = '"turn.ended"'
    keeps_all = True

    def command(self, port: int) -> list[str]:
        """See `Product`."""
        return [str(Path(sys.executable).with_name("sandbox-agent")), "server", "--port", str(port)]

    def prepare(self, home: Path) -> dict[str, str]:
        """See `Product`."""
        _launcher(home / "claude", "claude")
        return {**_environment(home), "SANDBOX_AGENT_CLAUDE_BIN": str(home / "claude")}

    def open(self, connection: Connection, session: str, home: Path) -> None:
        """See `Product`."""
        connection.request("POST", f"/v1/sessions/{session}", {"agent": "claude", "directory": str(home)})

    def stream(self, session: str) -> str:
        """See `Product`."""
        return f"/v1/sessions/{session}/events/sse"

    def prompt(self, connection: Connection, session: str, text: str) -> bytes:
        """See `Product`."""
        return connection.message("POST", f"/v1/sessions/{session}/messages", {"message": text})


class Peer:
    """The Rust daemon of the same purpose; speaks ACP over HTTP."""

    name = "peer"
    before = '"text":"'
    end = '"stopReason"'
    keeps_all = False

    def __init__(self, program: Path) -> None:
        self._program = program
        self._requests = 100

    def command(self, port: int) -> list[str]:
        """See `Product`."""
        return [str(self._program), "server", "--port", str(port), "--no-token", "--no-telemetry"]

    def prepare(self, home: Path) -> dict[str, str]:
        """See `Product`. Its agent `mock` is the one that it starts without installing anything."""
        _launcher(home / ".local/share/sandbox-agent/bin/agent_processes/mock-acp", "acp")
        return _environment(home)

    def open(self, connection: Connection, session: str, home: Path) -> None:
        """See `Product`."""
        path = f"/v1/acp/{session}?agent=mock"
        hello = {"protocolVersion": 1, "clientCapabilities": {}}
        connection.request("POST", path, {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello})
        new = {"cwd": str(home), "mcpServers": []}
        connection.request("POST", path, {"jsonrpc": "2.0", "id": 2, "method": "session/new", "params": new})

    def stream(self, session: str) -> str:
        """See `Product`."""
        return f"/v1/acp/{session}"

    def prompt(self, connection: Connection, session: str, text: str) -> bytes:
        """See `Product`. Its response comes at the end of the turn, on the stream too."""
        self._requests += 1
        params = {"sessionId": "00000000-0000-4000-8000-000000000000", "prompt": [{"type": "text", "text": text}]}
        body = {"jsonrpc": "2.0", "id": self._requests, "method": "session/prompt", "params": params}
        return connection.message("POST", f"/v1/acp/{session}", body)


class Daemon:
    """A running product."""

    def __init__(self, product: Product, home: Path) -> None:
        self.product = product
        self.home = home
        self.port = _free_port()
        environment = product.prepare(home)
        self._log = (home / "daemon.log").open("ab")
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            product.command(self.port),
            env=environment,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self.cold_start = self._wait() - self._began
        """Seconds from the start of the process to the first healthy answer."""

    def connection(self) -> Connection:
        """A new connection."""
        return Connection(self.port)

    def rss(self) -> float:
        """Resident memory in MB."""
        fields = Path(f"/proc/{self._process.pid}/status").read_text().split("VmRSS:", 1)[1].split()
        return int(fields[0]) / 1024

    def cpu(self) -> float:
        """Seconds of processor time so far, of the daemon alone."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it and whatever it left."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._log.close()

    def _wait(self) -> float:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                with Connection(self.port) as connection:
                    connection.request("GET", "/v1/health")
                return time.monotonic()
            except (ConnectionError, RuntimeError):
                time.sleep(0.0005)
        self.stop()
        raise RuntimeError(f"{self.product.name} did not start: {(self.home / 'daemon.log').read_text()[-2000:]}")


@contextlib.contextmanager
def running(product: Product, home: Path) -> Iterator[Daemon]:
    """A daemon for the length of a block."""
    daemon = Daemon(product, home)
    try:
        yield daemon
    finally:
        daemon.stop()


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
