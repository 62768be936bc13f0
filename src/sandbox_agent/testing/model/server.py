"""The scripted model as something to start and stop, from threads and from async code alike."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Self, TypeVar

import uvicorn
from uvicorn.server import ServerState

from sandbox_agent.schema.base import encode
from sandbox_agent.testing.model.app import ModelApp
from sandbox_agent.testing.model.configs import opencode_config
from sandbox_agent.testing.model.connection import BreakableProtocol
from sandbox_agent.testing.model.director import Chooser, Director
from sandbox_agent.testing.model.gates import Gates, Requests
from sandbox_agent.testing.model.script import Replies, Script, script_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from sandbox_agent.testing.model.request import ModelRequest

__all__ = ["FAKE_KEY", "ScriptedModel"]

T = TypeVar("T")

FAKE_KEY = "sk-fake-scripted-model"
LOOPBACK = "127.0.0.1"
START_SECONDS = 10.0
WAIT_SECONDS = 30.0


class ScriptedModel:
    """A stand-in of model providers on loopback that says what its script says, on the APIs of `wires.WIRES`.

    Use it with `with` or `async with`; either way it runs in a thread of its own, so neither a busy test
    nor a blocking one can hold it up. Each session of an agent plays the script from its beginning. Every
    method may be called from any thread.
    """

    def __init__(self, script: Script | Replies = (), *, port: int = 0, choose: Chooser | None = None) -> None:
        """Prepare to play `script`; `choose` is asked first and may leave a request to the script.

        Port 0 takes a free one.
        """
        self._port = port
        self._director = Director(script_of(script), choose)
        self._requests = Requests()
        self._gates = Gates()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def env(self) -> dict[str, str]:
        """What to put into the environment of an agent so that it talks to this model and nobody else."""
        return {
            "ANTHROPIC_BASE_URL": self.url,
            "ANTHROPIC_API_KEY": FAKE_KEY,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "OPENAI_API_KEY": FAKE_KEY,
            "OPENCODE_CONFIG_CONTENT": encode(opencode_config(f"{self.url}/v1", FAKE_KEY)).decode(),
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
            # It looks for a helper of its plugins in the registry of packages; nobody listens at this one.
            "NPM_CONFIG_@opencode-ai:registry": "http://127.0.0.1:9/",
        }

    @property
    def requests(self) -> tuple[ModelRequest, ...]:
        """The requests answered from the script, in order."""
        return tuple(request for request in self._requests.all() if request.kind == "turn")

    @property
    def chores(self) -> tuple[ModelRequest, ...]:
        """The other requests for the model: titles, token counts."""
        return tuple(request for request in self._requests.all() if request.kind != "turn")

    def play(self, script: Script | Replies, *, session_id: str | None = None) -> None:
        """Play another script from its beginning, in one session or in all that have none of their own."""
        self._call(lambda: self._director.play(script_of(script), session_id))

    def release(self, name: str = "") -> None:
        """Let one `stall(name)` go on, the one that waits or the next to come."""
        self._call(lambda: self._gates.release(name))

    def wait_for(self, wanted: Callable[[ModelRequest], bool], timeout: float = WAIT_SECONDS) -> ModelRequest:
        """The first request, seen or still to come, for which `wanted` is true. Raises TimeoutError."""
        return self._requests.future(wanted).result(timeout)

    async def wait_for_async(
        self,
        wanted: Callable[[ModelRequest], bool],
        timeout: float = WAIT_SECONDS,  # noqa: ASYNC109 - as in wait_for
    ) -> ModelRequest:
        """`wait_for` in async code."""
        async with asyncio.timeout(timeout):
            return await asyncio.wrap_future(self._requests.future(wanted))

    def start(self) -> Self:
        """Listen. Raises OSError when the port is taken."""
        listener = socket.create_server((LOOPBACK, self._port))
        self._port = listener.getsockname()[1]
        started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(listener, started), daemon=True)
        self._thread.start()
        started.result(START_SECONDS)
        return self

    def close(self) -> None:
        """Stop, breaking off what is still being said. Does nothing the second time."""
        if self._thread is None:
            return
        self._call(self._stop.set)
        self._thread.join(START_SECONDS)
        self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    def _call(self, action: Callable[[], T]) -> T:
        """Do something on the model's own loop, where all of its state lives."""
        if self._loop is None or threading.current_thread() is self._thread:
            return action()
        done: Future[T] = Future()
        self._loop.call_soon_threadsafe(lambda: done.set_result(action()))
        return done.result(START_SECONDS)

    def _run(self, listener: socket.socket, started: Future[None]) -> None:
        try:
            asyncio.run(self._serve(listener, started))
        except Exception as problem:  # noqa: BLE001 - belongs to whoever called start
            if not started.done():
                started.set_exception(problem)
        finally:
            listener.close()

    async def _serve(self, listener: socket.socket, started: Future[None]) -> None:
        loop = asyncio.get_running_loop()
        app = ModelApp(self._director, self._requests, self._gates)
        config = uvicorn.Config(app, http=BreakableProtocol, ws="none", lifespan="off", log_config=None)
        config.load()
        state = ServerState()

        def protocol() -> BreakableProtocol:
            return BreakableProtocol(config=config, server_state=state, app_state={}, _loop=loop)

        server = await loop.create_server(protocol, sock=listener)
        self._loop = loop
        started.set_result(None)
        try:
            await self._stop.wait()
        finally:
            self._loop = None
            server.close()
            await _hang_up(state)


async def _hang_up(state: ServerState) -> None:
    """Drop every connection and see the replies on them end."""
    for connection in list(state.connections):
        connection.transport.abort()
    if state.tasks:
        await asyncio.wait(set(state.tasks))
