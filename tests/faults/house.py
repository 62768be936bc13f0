"""A daemon that may be treated badly, conversations with it over HTTP, and what it leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import httpx
import psutil

from sandbox_agent.adapter.frames import SseDecoder
from sandbox_agent.schema.content import Item, streamed_text
from sandbox_agent.schema.events import (
    AgentUnparsed,
    Event,
    EventData,
    ItemCompleted,
    ItemDelta,
    PermissionRequested,
    TurnEnded,
    decode_event,
)
from sandbox_agent.schema.grammar import check

PATIENCE = 40.0
"""Seconds after which something that should have happened is given up."""
TAG = "FAULTS_HOUSE"
COMMAND = (sys.executable, "-m", "sandbox_agent")

T = TypeVar("T", bound=EventData)
Build: TypeAlias = Callable[..., "House"]


def clean_environ(home: Path) -> dict[str, str]:
    """Enough to run a program, and nothing that could reach a real account."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TERM": "dumb"}


class House:
    """A daemon and all that carries its tag: agents, their children, the guardian."""

    def __init__(
        self,
        home: Path,
        env: Mapping[str, str],
        *,
        command: Sequence[str] = COMMAND,
        without: Sequence[str] = (),
        **popen: Any,
    ) -> None:
        self.home = home
        self.tag = secrets.token_hex(8)
        self.log = home / "daemon.log"
        environ = {**clean_environ(home), TAG: self.tag, "SANDBOX_AGENT_LOG_HTTP": "0", **env}
        # The socket is ours, so that its address is known also of a daemon that cannot tell it.
        with self.log.open("wb") as log, socket.create_server(("127.0.0.1", 0), backlog=128) as sock:
            self.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
            self.process = subprocess.Popen(
                [*command, "server", "--fd", str(sock.fileno()), "--mock-pace", "0"],
                env={name: value for name, value in environ.items() if name not in without},
                pass_fds=[sock.fileno()],
                **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": log, "cwd": home, **popen},
            )
        self.pid = self.process.pid
        self._ready()

    def _ready(self) -> None:
        try:
            httpx.get(f"{self.url}/v1/health", timeout=PATIENCE, trust_env=False).raise_for_status()
        except httpx.HTTPError as error:
            raise AssertionError(f"no daemon ({error!r}): {self.log.read_text()}") from None

    def processes(self) -> list[psutil.Process]:
        """Everything alive with the tag, the daemon itself excepted."""
        return [each for each in psutil.process_iter() if each.pid != self.pid and self._is_tagged(each)]

    def agents(self) -> list[psutil.Process]:
        """The agent processes: children of the daemon that speak its protocol."""
        return [each for each in self.processes() if _is_agent(each, self.pid)]

    def agent(self) -> psutil.Process:
        """The only agent process."""
        (agent,) = self.agents()
        return agent

    def kill(self) -> None:
        """End the daemon as no daemon wants to end."""
        self.process.kill()
        self.process.wait(PATIENCE)

    async def stopped(self) -> int:
        """Wait for the daemon's exit status."""
        await eventually(lambda: self.process.poll() is not None, "the daemon stops")
        return self.process.wait()

    async def empty(self) -> None:
        """Wait until nothing of this house is left."""
        await eventually(lambda: not self.processes(), lambda: f"left: {self.processes()}")

    async def sockets(self, count: int) -> None:
        """Wait until the daemon has just so many: one to listen on, one for each connection."""
        daemon = psutil.Process(self.pid)
        await eventually(lambda: len(daemon.net_connections("tcp")) == count, "connections are closed")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        self.kill()
        for each in self.processes():  # only when a test failed
            with contextlib.suppress(psutil.Error):
                each.kill()

    def _is_tagged(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get(TAG) == self.tag and process.status() != psutil.STATUS_ZOMBIE
        except (psutil.Error, OSError):
            return False

    @contextlib.asynccontextmanager
    async def talk(self, directory: Path | None = None, agent: str = "claude", **body: Any) -> AsyncGenerator[Talk]:
        """A session in a folder of its own, checked against the grammar and deleted afterwards."""
        place = directory or self.home / f"place_{secrets.token_hex(4)}"
        place.mkdir(exist_ok=True)
        async with httpx.AsyncClient(base_url=self.url, timeout=PATIENCE, trust_env=False) as http:
            talk = Talk(http, f"s{secrets.token_hex(4)}", place)
            await talk.post("", {"agent": agent, "directory": str(place), **body})
            try:
                async with talk.following():
                    yield talk
                check(talk.events)
            finally:
                with contextlib.suppress(httpx.HTTPError):
                    await http.delete(talk.path)


class Talk:
    """One session and all it has said so far."""

    def __init__(self, http: httpx.AsyncClient, session_id: str, directory: Path) -> None:
        self.http = http
        self.session_id = session_id
        self.directory = directory
        self.path = f"/v1/sessions/{session_id}"
        self.events: list[Event] = []
        self.stream = bytearray()
        """All bytes of the event stream."""
        self.closed = asyncio.Event()
        """The event stream has ended."""
        self._news = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def following(self) -> AsyncGenerator[None]:
        """Listen meanwhile."""
        reader = asyncio.create_task(self._read())
        try:
            yield
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    async def _read(self) -> None:
        decoder = SseDecoder()
        try:
            async with self.http.stream("GET", f"{self.path}/events/sse", timeout=None) as response:
                async for chunk in response.aiter_raw():
                    frames = decoder.feed(chunk)
                    async with self._news:
                        self.stream += chunk
                        self.events += [decode_event(frame.data) for frame in frames]
                        self._news.notify_all()
        except httpx.HTTPError:
            pass  # the daemon is gone
        finally:
            self.closed.set()

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> None:
        response = await self.http.post(self.path + path, json=body or {})
        if response.is_error:
            raise AssertionError(f"{response.status_code} {response.text}")

    async def send(self, text: str) -> None:
        await self.post("/messages", {"message": text})

    async def turn(self, text: str) -> TurnEnded:
        """Send a message and wait for the end of the next turn."""
        turns = len(self.all(TurnEnded))
        await self.send(text)
        return await self.nth(TurnEnded, turns + 1)

    async def permit(self, request: PermissionRequested, reply: str = "once") -> None:
        await self.post(f"/permissions/{request.permission_id}/reply", {"reply": reply})

    async def nth(self, kind: type[T], number: int = 1) -> T:
        """The data of the event of this kind with this number, from 1."""
        await self.until(lambda: len(self.all(kind)) >= number)
        return self.all(kind)[number - 1]

    async def hears(self, words: str) -> str:
        """Wait for these words of the agent, in deltas; all it said so far."""
        await self.until(lambda: words in self.deltas)
        return self.deltas

    async def until(self, wanted: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(PATIENCE), self._news:
                await self._news.wait_for(wanted)
        except TimeoutError:
            raise AssertionError(f"still waiting after:\n{self.story()}") from None

    def all(self, kind: type[T]) -> list[T]:
        return [event.data for event in self.events if isinstance(event.data, kind)]

    @property
    def deltas(self) -> str:
        return "".join(data.delta for data in self.all(ItemDelta))

    @property
    def items(self) -> list[Item]:
        """The completed items."""
        return [data.item for data in self.all(ItemCompleted)]

    @property
    def says(self) -> list[str]:
        """What the agent said in completed items."""
        return [streamed_text(item) for item in self.items if (item.kind, item.role) == ("message", "assistant")]

    @property
    def unparsed(self) -> list[str]:
        return [data.error for data in self.all(AgentUnparsed)]

    def story(self) -> str:
        """For failure messages: one line an event."""
        return "\n".join(f"{event.sequence} {event.type} {event.data!r:.300}" for event in self.events[-60:])


def command_line(process: psutil.Process) -> str:
    """The words a process was started with; none when it is gone by now."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


async def eventually(true: Callable[[], bool], what: str | Callable[[], str]) -> None:
    """Wait for what tells nobody when it happens: it is in another process."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not true():  # noqa: ASYNC110 - see above
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(what if isinstance(what, str) else what()) from None


class Watch:
    """Holds on to processes by their start, so that a pid that is used again fools nobody."""

    def __init__(self, *pids: int) -> None:
        self._processes = [psutil.Process(pid) for pid in pids]

    @property
    def alive(self) -> list[int]:
        return [each.pid for each in self._processes if _runs(each)]

    async def ended(self) -> None:
        await eventually(lambda: not self.alive, lambda: f"alive: {self.alive}")


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended is not alive although nobody has taken notice."""
    try:
        return _runs(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _is_agent(process: psutil.Process, daemon: int) -> bool:
    try:
        return process.ppid() == daemon and "--input-format=stream-json" in process.cmdline()
    except psutil.Error:
        return False


def resident(pid: int) -> int:
    """Mebibytes of memory that a process has."""
    memory: int = psutil.Process(pid).memory_info().rss
    return memory // 2**20


STOPS = (signal.SIGTERM, signal.SIGINT)
