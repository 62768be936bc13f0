"""The asynchronous client, on asyncio: the same names as the blocking one, to await."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import aclosing
from types import TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeAlias, TypeVar, overload

from sandbox_agent.client import calls, wire
from sandbox_agent.client.aio_files import AsyncFiles
from sandbox_agent.client.aio_http import AsyncHttp
from sandbox_agent.client.aio_methods import OfClient
from sandbox_agent.client.aio_session import AsyncSession
from sandbox_agent.client.calls import Call
from sandbox_agent.client.spawn import Daemon, LogTarget, launch
from sandbox_agent.schema import api
from sandbox_agent.schema.errors import ConnectionFailed
from sandbox_agent.schema.readiness import Readiness
from sandbox_agent.stores.base import Store

__all__ = ["AsyncSandboxAgent"]

P = ParamSpec("P")
T = TypeVar("T")

_Method: TypeAlias = Callable[P, Coroutine[Any, Any, T]]


class _Creating(Generic[P]):
    """The call that creates a session, as a method that returns it."""

    def __init__(self, make: Callable[Concatenate[str, P], Call[api.CreateSessionResponse]]) -> None:
        self._make = self.__wrapped__ = make  # its signature is to be found as that of a decorated function is
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, client: None, owner: type[AsyncSandboxAgent]) -> Self: ...
    @overload
    def __get__(
        self, client: AsyncSandboxAgent, owner: type[AsyncSandboxAgent]
    ) -> _Method[Concatenate[str, P], AsyncSession]: ...
    def __get__(
        self, client: AsyncSandboxAgent | None, owner: type[AsyncSandboxAgent]
    ) -> Self | _Method[Concatenate[str, P], AsyncSession]:
        if client is None:
            return self
        make, http = self._make, client.http

        async def method(session_id: str, /, *args: P.args, **kwargs: P.kwargs) -> AsyncSession:
            await http.request(make(session_id, *args, **kwargs))
            return AsyncSession(http, session_id)

        method.__doc__ = make.__doc__
        return method


class AsyncSandboxAgent:
    """A client of one server. Make it with `connect` or `start`, and close it, best by `async with`."""

    def __init__(self, server: wire.Server, daemon: Daemon | None = None, store: Store | None = None) -> None:
        self.http = AsyncHttp(server, daemon, store)

    @classmethod
    def connect(  # noqa: PLR0913 - each of them is an option
        cls,
        base_url: str,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
        retries: int = 2,
        reconnects: int = 10,
        store: Store | None = None,
    ) -> Self:
        """A client of the server at `base_url`, or at a unix socket (`unix:/run/agent.sock`); makes no request yet.

        `timeout` in seconds for each request, not for streams. `retries` of requests that may be repeated safely,
        `reconnects` of a stream without an event in between. Events that are read are kept in `store`, before you get
        them; the store stays yours to close.
        """
        server = wire.Server(
            base_url=base_url,
            token=token,
            headers=dict(headers or {}),
            timeout=timeout,
            retries=retries,
            reconnects=reconnects,
        )
        return cls(server, store=store)

    @classmethod
    def start(  # noqa: PLR0913 - each of them is an option
        cls,
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        data_dir: str | os.PathLike[str] | None = None,
        mock_pace: float | None = None,
        log: LogTarget = "silent",
        socket: str | os.PathLike[str] | None = None,
        store: Store | None = None,
    ) -> Self:
        """Start a daemon of your own on a free loopback port, or at a unix socket that only you can open.

        It ends with the client, or with this process. Its command is what SANDBOX_AGENT_BIN names, this interpreter,
        or, where only the client is installed, `sandbox-agent` on PATH. `env` is added to this process's environment.
        Raises `ConnectionFailed` with the daemon's last words when it does not come up; `async with` waits until it
        has.
        """
        daemon = launch(env=env, cwd=cwd, data_dir=data_dir, mock_pace=mock_pace, log=log, path=socket)
        return cls(wire.Server(base_url=daemon.base_url, token=daemon.token), daemon, store)

    health = OfClient(calls.health)
    ready = OfClient(calls.ready)
    list_agents = OfClient(calls.list_agents)
    install_agent = OfClient(calls.install_agent)
    agent_modes = OfClient(calls.agent_modes)
    agent_models = OfClient(calls.agent_models)
    list_sessions = OfClient(calls.list_sessions)
    create_session = _Creating(calls.create_session)
    get_session = OfClient(calls.get_session)
    delete_session = OfClient(calls.delete_session)
    openapi = OfClient(calls.openapi)
    metrics = OfClient(calls.metrics)

    async def wait_until_ready(self, *agents: str, timeout: float = 60.0) -> Readiness:  # noqa: ASYNC109 - as the blocking client has it
        """Ask `ready` until the server is up and can work, for `timeout` seconds; what a new sandbox needs first.

        A request under way at the end is let finish. Raises the last error then: `NotReady`, which says what is
        missing, or `ConnectionFailed`. What waiting does not mend is raised at once.
        """
        return await self.http.wait(calls.ready(*agents), timeout)

    async def follow_install(self, agent: str, *, reinstall: bool = False) -> AsyncGenerator[api.InstallProgress]:
        """Install an agent's CLI, and hear how far it is. Raises `InstallFailed`. Stop early and it is given up.

        Raises `ConnectionFailed` when the connection breaks: the server gives up too, so ask again to go on.
        """
        state = None
        async with aclosing(self.http.progress(calls.follow_install(agent, reinstall=reinstall))) as steps:
            async for step in steps:
                state = step.state
                yield step
        if state != "done":
            raise ConnectionFailed(f"the server ended the stream before {agent} was installed")

    @property
    def files(self) -> AsyncFiles:
        """Files; relative paths begin in the home folder of the server's user, or in its file root."""
        return AsyncFiles(self.http)

    @property
    def base_url(self) -> str:
        """Where the server is."""
        return self.http.server.base_url

    @property
    def token(self) -> str | None:
        """The server's token; for an embedded daemon, the random one."""
        return self.http.server.token

    def session(self, session_id: str) -> AsyncSession:
        """A session that exists already; makes no request yet."""
        return AsyncSession(self.http, session_id)

    async def close(self) -> None:
        """Close the connections, and stop the daemon if it is ours. Safe to call again."""
        await self.http.close()

    async def __aenter__(self) -> Self:
        if self.http.daemon is not None:
            try:
                await self.health()
            except BaseException:
                await self.close()
                raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
