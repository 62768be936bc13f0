"""The parts of a fleet, each of which can be killed and started again."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import httpx
import psutil
from redis import Redis
from redis.exceptions import RedisError
from tests.stores.server import Postgres

__all__ = ["EXAMPLES", "Boxes", "Database", "Part", "Program", "Queue", "Web"]

EXAMPLES = Path(__file__).parents[2] / "examples"
PATIENCE = 60


class Part:
    """One of them."""

    def kill(self) -> None:
        """At once, without a word."""
        raise NotImplementedError

    def start(self) -> None:
        """Returns when it can be used."""
        raise NotImplementedError


class Program(Part):
    """A process of this machine."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        self._argv = argv
        self._environ = environ
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._argv, env=self._environ, cwd=EXAMPLES, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.await_use()

    def await_use(self) -> None:
        """A worker is of use from its start."""

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def said(self) -> str:
        return self._log.read_text(errors="replace")


class Web(Program):
    """The control plane, at the same port each time."""

    def __init__(self, environ: Mapping[str, str], log: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        app = ["control_plane.app:app", "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
        super().__init__([sys.executable, "-m", "uvicorn", *app], environ, log)

    def await_use(self) -> None:
        transport = httpx.HTTPTransport(retries=8)  # with growing pauses, half a minute in all
        with httpx.Client(transport=transport, trust_env=False, timeout=60) as client:
            assert client.get(f"{self.url}/docs", timeout=PATIENCE).is_success, self.said()


class Queue(Program):
    """Redis that keeps nothing on a disk: whoever kills it takes everything."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "redis.sock"
        self.url = f"unix://{self.path}"
        options = ["--port", "0", "--unixsocket", str(self.path), "--save", "", "--appendonly", "no"]
        super().__init__(
            ["redis-server", *options, "--dir", str(folder)], {"PATH": os.environ["PATH"]}, folder / "redis.log"
        )

    def await_use(self) -> None:
        with self.client() as client:
            while self.alive():
                try:
                    client.ping()
                except RedisError:
                    continue
                return
        raise AssertionError(self.said())

    def client(self) -> Redis:
        return Redis.from_url(self.url)


class Database(Part):
    """PostgreSQL."""

    def __init__(self, cluster: Postgres) -> None:
        self._cluster = cluster

    def kill(self) -> None:
        self._cluster.kill()

    def start(self) -> None:
        self._cluster.start()


class Boxes(Part):
    """All sandboxes. Who starts one again is the worker."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def kill(self) -> None:
        processes = list(self._processes())
        for process in processes:
            process.kill()
        _, alive = psutil.wait_procs(processes, PATIENCE)
        assert alive == []

    def start(self) -> None:
        """Nothing to do: see above."""

    def stop(self) -> None:
        """As a provider ends sandboxes: with time to say what they still have to say."""
        processes = list(self._processes())
        for process in processes:
            process.terminate()
        _, alive = psutil.wait_procs(processes, PATIENCE)
        assert alive == []

    def _processes(self) -> Iterable[psutil.Process]:
        for path in self._folder.glob("box-*/data/daemon/*.pid"):
            text = path.read_text().strip()
            if text and psutil.pid_exists(int(text)):
                process = psutil.Process(int(text))
                if process.status() != psutil.STATUS_ZOMBIE and "sandbox_agent" in " ".join(process.cmdline()):
                    yield process


async def quietly(part: Part, what: str) -> None:
    """Off the event loop, so that the browsers go on reading."""
    await asyncio.to_thread(getattr(part, what))
