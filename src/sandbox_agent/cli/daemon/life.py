"""Starts and stops a server in the background. Every step is taken while nobody else does anything to this server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sandbox_agent._version import __version__
from sandbox_agent.cli.daemon.place import Place
from sandbox_agent.cli.daemon.probe import Address
from sandbox_agent.cli.options import TOKEN_VARIABLE
from sandbox_agent.runtime.settings import default_data_dir

__all__ = ["Daemon", "State", "Trouble"]

START_SECONDS = 30.0
STOP_SECONDS = 8.0
"""A server ends its agents and streams within 5."""
KILL_SECONDS = 5.0
_PAUSE = 0.02
_TAIL = 2000


class Trouble(Exception):
    """It did not work; the text says why and what to do."""


@dataclass(frozen=True)
class State:
    """How a background server stands."""

    running: bool
    healthy: bool
    endpoint: str
    pid: int | None
    version: str | None
    log: str

    def words(self) -> str:
        """In brackets after what was done."""
        return f"PID {self.pid}, version {self.version}, {self.endpoint}, log {self.log}"

    def facts(self) -> dict[str, object]:
        """As JSON."""
        return asdict(self)


class Daemon:
    """The background server at one address. All raise `Trouble`."""

    def __init__(self, place: Place, address: Address) -> None:
        self.address = address
        self._place = place

    @classmethod
    def at(cls, address: Address) -> Daemon:
        """The one at an address, with its files in the data folder of this user."""
        return cls(Place(default_data_dir(os.environ) / "daemon", address.name), address)

    def state(self) -> State:
        """How it stands."""
        with self._place.busy():
            return self._state()

    def start(self, options: Sequence[str], token: str | None, *, upgrade: bool) -> tuple[str, State]:
        """Make sure that it runs and is healthy; what had to be done for that, and how it stands."""
        with self._place.busy():
            done = "started"
            if self._place.alive():
                if not upgrade or self._place.read("version") == __version__:
                    self._await_health(None)
                    return "already running", self._state()
                self._stop()
                done = "restarted"
            elif self.address.healthy():
                return "not needed", self._state()
            self._start(options, token)
            return done, self._state()

    def stop(self) -> bool:
        """Make sure that it does not run; whether it did."""
        with self._place.busy():
            if self._place.alive():
                self._stop()
                return True
            self._place.forget()
            if self.address.healthy():
                raise Trouble(
                    f"the server at {self.address.url} was not started by `daemon start`; end it where it was started"
                )
            return False

    def _state(self) -> State:
        running = self._place.alive()
        return State(
            running=running,
            healthy=self.address.healthy(),
            endpoint=self.address.url,
            pid=self._place.pid() if running else None,
            version=self._place.read("version") if running else None,
            log=str(self._place.file("log")),
        )

    def _start(self, options: Sequence[str], token: str | None) -> None:
        process = self._spawn(options, token)
        try:
            self._place.file("version").write_text(f"{__version__}\n")
            self._await_health(process)
        except BaseException:
            process.kill()
            process.wait()
            self._place.forget()
            raise

    def _spawn(self, options: Sequence[str], token: str | None) -> subprocess.Popen[bytes]:
        # -P: a folder in which an agent works must not be able to stand in for our modules.
        argv = [sys.executable, "-P", "-m", "sandbox_agent", "server", *options]
        if token is not None:
            argv.append("--token-file=-")
        environ = {name: value for name, value in os.environ.items() if name != TOKEN_VARIABLE}
        with self._place.claim() as pid_file, self._place.new_log() as log:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL if token is None else subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environ,
                pass_fds=(pid_file.fileno(),),
                start_new_session=True,  # Ctrl-C and the end of this terminal are not for the daemon
            )
            pid_file.write(b"%d\n" % process.pid)
        if process.stdin is not None and token is not None:
            with process.stdin as pipe:
                pipe.write(token.encode())
        return process

    def _await_health(self, process: subprocess.Popen[bytes] | None) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.address.healthy():
            if process is None and not self._place.alive():
                raise Trouble(f"the daemon ended{self._last_words()}")
            if process is not None and process.poll() is not None:
                raise Trouble(f"the daemon ended at once{self._last_words()}")
            if time.monotonic() > deadline:
                raise Trouble(f"the daemon does not answer; see {self._place.file('log')}")
            time.sleep(_PAUSE)

    def _last_words(self) -> str:
        text = self._place.read("log")[-_TAIL:]
        return f": {text}" if text else f"; see {self._place.file('log')}"

    def _stop(self) -> None:
        pid = self._place.pid()
        if pid is None:
            raise Trouble(f"{self._place.file('pid')} should hold the pid of the daemon, and does not")
        for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
            try:
                os.kill(pid, number)
                os.kill(pid, signal.SIGCONT)  # a paused one cannot end in order
            except ProcessLookupError:
                break
            except PermissionError as error:
                raise Trouble(f"the daemon (PID {pid}) belongs to another user") from error
            if self._ended_within(seconds):
                break
        else:
            raise Trouble(f"the daemon (PID {pid}) does not even end when it is killed")
        self._place.forget()

    def _ended_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._place.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(_PAUSE)
        return True
