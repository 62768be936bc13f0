"""Everything that the web process and the worker have in common."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis

from sandbox_agent import (
    AsyncSandboxAgent,
    AsyncSession,
    ConnectionFailed,
    InvalidRequest,
    PostgresStore,
    SessionAlreadyExists,
    Store,
)

from .feed import Feed
from .registry import Registry, Session
from .sandboxes import LocalSandboxes, Sandbox

__all__ = ["Fleet"]


class Fleet:
    """Sandboxes, and sessions in them."""

    def __init__(self, registry: Registry, sandboxes: LocalSandboxes, store: Store, feed: Feed) -> None:
        self.registry = registry
        self.sandboxes = sandboxes
        self.feed = feed
        self._store = store
        self._clients: dict[str, AsyncSandboxAgent] = {}
        self._stack = AsyncExitStack()

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncGenerator[Fleet]:
        """As the environment says: FLEET_DATABASE, FLEET_REDIS, FLEET_FOLDER, FLEET_SIZE."""
        database = os.environ["FLEET_DATABASE"]
        registry, sandboxes = Registry(database), LocalSandboxes(Path(os.environ["FLEET_FOLDER"]))
        await registry.prepare(int(os.environ.get("FLEET_SIZE", "2")))
        redis = Redis.from_url(os.environ["FLEET_REDIS"], socket_timeout=10)  # pyright: ignore[reportUnknownMemberType]
        with await asyncio.to_thread(PostgresStore, database) as store:
            fleet = cls(registry, sandboxes, store, Feed(redis, store))
            async with redis, fleet._stack:
                yield fleet

    async def session(self, session: Session) -> AsyncSession:
        """A session as the SDK has it. What its stream reads is in the database before anybody sees it."""
        return (await self._client(session.sandbox)).session(session.id)

    async def ensure(self, session: Session) -> None:
        """Make sure that its sandbox runs and has it; in a new one the agent goes on where it was, if it can."""
        client = await self._client(session.sandbox)
        try:
            await self._create(client, session)
        except ConnectionFailed:
            await self.sandboxes.start(session.sandbox)
            await self._create(client, session)

    async def _create(self, client: AsyncSandboxAgent, session: Session) -> None:
        native = await asyncio.to_thread(self._native, session.id)
        for resume in dict.fromkeys((native, None)):
            try:
                await client.create_session(session.id, agent=session.agent, resume=resume)
            except SessionAlreadyExists:
                return
            except InvalidRequest:  # this agent, or what is left of it, cannot go on
                if resume is None:
                    raise
            else:
                return

    def _native(self, session_id: str) -> str | None:
        """What the agent itself called the session. Blocking."""
        logs = self._store.logs(session_id)
        if not logs:
            return None
        newest = self._store.last(session_id, logs[-1])
        recent = self._store.events(session_id, logs[-1], offset=max(0, newest - 100))
        return next((event.native_session_id for event in reversed(recent) if event.native_session_id), None)

    async def _client(self, sandbox: Sandbox) -> AsyncSandboxAgent:
        if sandbox.name not in self._clients:
            client = AsyncSandboxAgent.connect(
                self.sandboxes.address(sandbox), token=sandbox.token, reconnects=3, store=self._store
            )
            self._clients[sandbox.name] = await self._stack.enter_async_context(client)
        return self._clients[sandbox.name]
