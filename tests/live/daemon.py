"""A real daemon for the live tests, and conversations with the agents it drives, over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self, TypeVar

import httpx
import psutil

from sandbox_agent.adapter.frames import SseDecoder
from sandbox_agent.schema.content import Item, ReasoningPart, ToolResultPart, streamed_text
from sandbox_agent.schema.events import (
    ErrorReported,
    Event,
    EventData,
    ItemCompleted,
    PermissionRequested,
    QuestionRequested,
    TurnEnded,
    decode_event,
)
from sandbox_agent.schema.grammar import check
from sandbox_agent.testing import ScriptedModel

PATIENCE = 60.0
"""Seconds after which something that should have happened is given up."""
RECORDER = Path(__file__).with_name("recorder.py")

T = TypeVar("T", bound=EventData)


class LiveDaemon:
    """`sandbox-agent server` in a process of its own, with a made-up home and nothing of our environment."""

    def __init__(self, home: Path, data_dir: Path, env: Mapping[str, str], record: Path | None = None) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        command = ["-m", "sandbox_agent"] if record is None else [str(RECORDER), str(record)]
        self.log = home / "daemon.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command, "server", "--port", "0"],
                env={**clean_environ(home), "SANDBOX_AGENT_DATA_DIR": str(data_dir), **env},
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout is not None
        first = self.process.stdout.readline().decode()
        if " on http" not in first:
            raise AssertionError(f"no daemon: {first!r} {self.log.read_text()}")
        self.url = first.split(" on ")[1].strip()

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        finally:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()


def clean_environ(home: Path) -> dict[str, str]:
    """Enough to run a program, and nothing that could reach a real account."""
    return {
        "PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "CLAUDE_CODE_MAX_RETRIES": "1",
    }


class Talk:
    """One session and all it has said so far. Every wait is bounded."""

    def __init__(self, http: httpx.AsyncClient, session_id: str, directory: Path, model: ScriptedModel) -> None:
        self.session_id = session_id
        self.directory = directory
        self.model = model
        self.events: list[Event] = []
        self._http = http
        self._path = f"/v1/sessions/{session_id}"
        self._news = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None

    async def create(self, **body: Any) -> None:
        wanted = {"directory": str(self.directory), **body}
        await self.post("", wanted)
        self._reader = asyncio.create_task(self._read())

    async def close(self) -> None:
        await self._http.delete(self._path)
        if self._reader is not None:
            async with asyncio.timeout(PATIENCE):
                await self._reader
            check(self.events)

    async def _read(self) -> None:
        decoder = SseDecoder()
        async with self._http.stream("GET", f"{self._path}/events/sse?offset=0") as response:
            async for chunk in response.aiter_raw():
                frames = decoder.feed(chunk)
                async with self._news:
                    self.events += [decode_event(frame.data) for frame in frames]
                    self._news.notify_all()

    # Asking

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        response = await self._http.post(self._path + path, json=body or {})
        if response.is_error:
            raise AssertionError(f"{response.status_code} {response.text}")
        return response

    async def send(self, text: str, **body: Any) -> None:
        await self.post("/messages", {"message": text, **body})

    async def turn(self, text: str, **body: Any) -> TurnEnded:
        """Send a message and wait for the end of the next turn."""
        turns = len(self.all(TurnEnded))
        await self.send(text, **body)
        return await self.ended(turns + 1)

    async def permit(self, request: PermissionRequested, reply: str = "once", message: str | None = None) -> None:
        await self.post(f"/permissions/{request.permission_id}/reply", {"reply": reply, "message": message})

    async def answer(self, request: QuestionRequested, *answers: Sequence[str]) -> None:
        await self.post(f"/questions/{request.question_id}/reply", {"answers": [list(each) for each in answers]})

    async def reject(self, request: QuestionRequested) -> None:
        await self.post(f"/questions/{request.question_id}/reject")

    async def interrupt(self) -> None:
        await self.post("/interrupt")

    async def detail(self) -> dict[str, Any]:
        detail: dict[str, Any] = (await self._http.get(self._path)).json()
        return detail

    async def everything(self) -> str:
        """All that the API tells of the session, with the native lines."""
        events = await self._http.get(f"{self._path}/events", params={"includeRaw": "true"})
        return events.text + (await self._http.get(self._path)).text

    # Hearing

    async def until(self, wanted: Callable[[Event], bool]) -> Event:
        """The first event, seen or to come, that is wanted."""
        seen = 0
        async with asyncio.timeout(PATIENCE), self._news:
            while True:
                for event in self.events[seen:]:
                    if wanted(event):
                        return event
                seen = len(self.events)
                await self._news.wait()

    async def nth(self, kind: type[T], number: int = 1) -> T:
        """The data of the event of this kind with this number, from 1."""
        try:
            async with asyncio.timeout(PATIENCE), self._news:
                while len(self.all(kind)) < number:
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"no {kind.TYPE} number {number} in:\n{self.story()}") from None
        return self.all(kind)[number - 1]

    async def ended(self, number: int = 1) -> TurnEnded:
        return await self.nth(TurnEnded, number)

    async def permission(self, number: int = 1) -> PermissionRequested:
        return await self.nth(PermissionRequested, number)

    async def question(self, number: int = 1) -> QuestionRequested:
        return await self.nth(QuestionRequested, number)

    def all(self, kind: type[T]) -> list[T]:
        return [event.data for event in self.events if isinstance(event.data, kind)]

    @property
    def items(self) -> list[Item]:
        """The completed items."""
        return [data.item for data in self.all(ItemCompleted)]

    def of(self, kind: str, role: str | None = None) -> list[Item]:
        return [item for item in self.items if item.kind == kind and role in (None, item.role)]

    @property
    def says(self) -> list[str]:
        """What the agent said, without its thoughts."""
        spoken = (item for item in self.of("message", "assistant") if not _is_thought(item))
        return [streamed_text(item) for item in spoken]

    @property
    def labels(self) -> list[str]:
        """Labels of the status items."""
        return [getattr(part, "label", "") for item in self.of("status") for part in item.content]

    @property
    def errors(self) -> list[ErrorReported]:
        return self.all(ErrorReported)

    def result(self, number: int = -1) -> ToolResultPart:
        """What a tool answered."""
        part = self.of("tool_result")[number].content[0]
        assert isinstance(part, ToolResultPart)
        return part

    def story(self) -> str:
        """For failure messages: one line an event."""
        return "\n".join(f"{event.sequence} {event.type} {event.data!r:.300}" for event in self.events)

    async def reads(self, wanted: Callable[[], bool]) -> None:
        """Wait until what was heard so far is enough."""
        try:
            async with asyncio.timeout(PATIENCE), self._news:
                while not wanted():
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"still waiting after:\n{self.story()}") from None


class Desk:
    """Where the tests of one CLI version begin conversations."""

    mark = "--input-format=stream-json"
    """What only the agent's own processes have in their command line."""
    options: Mapping[str, Any] = MappingProxyType({})
    """What every session is created with."""

    def __init__(
        self, daemon: LiveDaemon, model: ScriptedModel, version: str, place: Path, name: str, *, agent: str = "claude"
    ) -> None:
        self.agent = agent
        self.daemon = daemon
        self.model = model
        self.version = version
        self.place = place
        self._name = name
        self._talks = 0

    @contextlib.asynccontextmanager
    async def talk(self, script: Any = None, **body: Any) -> AsyncGenerator[Talk]:
        """A session in a folder of its own, ended and checked against the grammar afterwards."""
        if script is not None:
            self.model.play(script)
        self._talks += 1
        name = self._name if self._talks == 1 else f"{self._name}-{self._talks}"
        async with httpx.AsyncClient(base_url=self.daemon.url, timeout=PATIENCE, trust_env=False) as http:
            talk = Talk(http, f"{name}-{self.version}", self.place, self.model)
            await talk.create(**{"agent": self.agent, "agentVersion": self.version, **self.options, **body})
            try:
                yield talk
            finally:
                await talk.close()

    def at(self, daemon: LiveDaemon) -> Self:
        """The same desk at another daemon."""
        self.daemon = daemon
        return self

    def agents(self) -> list[psutil.Process]:
        """The CLI processes of this version that the daemon has."""
        return [each for each in self.processes() if _has(each, self.mark)]

    def processes(self) -> Iterator[psutil.Process]:
        """Everything the daemon has started, and what that has started."""
        yield from psutil.Process(self.daemon.process.pid).children(recursive=True)


def _is_thought(item: Item) -> bool:
    return any(isinstance(part, ReasoningPart) for part in item.content)


def _has(process: psutil.Process, mark: str) -> bool:
    try:
        return mark in process.cmdline()
    except psutil.Error:
        return False


def running(mark: str) -> list[int]:
    """Processes whose command line has `mark`, ours and the sleeping of its agents alike."""
    found: list[int] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(mark in word for word in process.cmdline()) and process.pid != os.getpid():
                found.append(process.pid)
    return found


async def gone(mark: str) -> None:
    """Wait until no process has `mark` in its command line."""
    async with asyncio.timeout(PATIENCE):
        while running(mark):  # noqa: ASYNC110 - the end of somebody else's process gives no event
            await asyncio.sleep(0.02)


async def there(mark: str) -> None:
    """Wait until a process has `mark` in its command line."""
    async with asyncio.timeout(PATIENCE):
        while not running(mark):  # noqa: ASYNC110 - nor does its start
            await asyncio.sleep(0.02)


def kill(process: psutil.Process) -> None:
    """End a process that the daemon started, the hard way."""
    process.send_signal(signal.SIGKILL)
