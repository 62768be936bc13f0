"""Events on their way to browsers: PostgreSQL has them all, Redis has the newest and wakes who waits for more.

A position is the number of a session's log and a sequence in it, `2-17`: the id of the entry in Redis, and of the
server-sent event. Redis takes an id once and in order only, so whatever is published twice is there once. And it may
lose everything: readers notice that an entry is not the next one, or that nothing comes, and look into PostgreSQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any, TypeAlias

import psycopg
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from sandbox_agent import Event, SandboxAgentError, Store
from sandbox_agent.schema.events import encode_event

__all__ = ["START", "TROUBLE", "Feed", "Position", "position"]

Position: TypeAlias = tuple[int, int]
Entry: TypeAlias = tuple[Position, bytes]

START: Position = (0, 0)
TROUBLE = (SandboxAgentError, psycopg.Error, RedisError, OSError)
"""Some part is not there now. It comes back."""
KEPT = 10_000
"""Entries of a session that Redis keeps, about."""
PAGE = 500
SILENCE_MS = 1_000
"""How long nothing comes before a reader looks into PostgreSQL."""


class Feed:
    """Publishes the events of sessions, and follows them."""

    def __init__(self, redis: Redis, store: Store) -> None:
        self._redis = redis
        self._store = store

    async def publish(self, session_id: str, at: Position, event: Event) -> None:
        """Tell everybody of an event that is in the store. To tell it again changes nothing."""
        fields: Any = {"event": encode_event(event)}
        try:
            await self._redis.xadd(_key(session_id), fields, id=_id(at), maxlen=KEPT)
        except ResponseError as refused:
            if "equal or smaller" not in str(refused):
                raise

    async def catch_up(self, session_id: str) -> None:
        """Publish what is in the store and was not published: somebody fell between the two."""
        newest: Any = await self._redis.xrevrange(_key(session_id), count=1)
        after = position(newest[0][0].decode()) if newest else START
        while page := await self._stored(session_id, after):
            for after, event in page:
                await self.publish(session_id, after, event)

    async def number(self, session_id: str) -> int:
        """Of the session's newest log, from 1."""
        return len(await asyncio.to_thread(self._store.logs, session_id))

    async def follow(self, session_id: str, after: Position) -> AsyncGenerator[Entry | None]:
        """Each event after a position, once and in order, for as long as somebody reads. None: a while without any."""
        patience = None  # the first look does not wait
        while True:
            try:
                entries = list(_unbroken(after, await self._published(session_id, after, patience)))
                if not entries:
                    entries = [(at, encode_event(event)) for at, event in await self._stored(session_id, after)]
            except TROUBLE:
                await asyncio.sleep(SILENCE_MS / 1000)
                entries = []
            for entry in entries:
                after = entry[0]
                yield entry
            if not entries:
                yield None
            patience = SILENCE_MS

    async def _published(self, session_id: str, after: Position, patience: int | None) -> list[Entry]:
        try:
            found: Any = await self._redis.xread({_key(session_id): _id(after)}, count=PAGE, block=patience)
        except RedisError:  # then everything comes from the store, a little later
            await asyncio.sleep(SILENCE_MS / 1000)
            return []
        return [(position(at.decode()), fields[b"event"]) for _, entries in found for at, fields in entries]

    async def _stored(self, session_id: str, after: Position) -> Sequence[tuple[Position, Event]]:
        return await asyncio.to_thread(lambda: list(_events(self._store, session_id, after)))


def _events(store: Store, session_id: str, after: Position) -> Iterator[tuple[Position, Event]]:
    """A page of what is stored after a position. Blocking."""
    room = PAGE
    for number, log in enumerate(store.logs(session_id), 1):
        if number >= after[0] and room:
            events = store.events(session_id, log, offset=after[1] if number == after[0] else 0, limit=room)
            room -= len(events)
            yield from (((number, event.sequence), event) for event in events)


def _unbroken(after: Position, entries: Sequence[Entry]) -> Iterator[Entry]:
    """The entries that follow upon one another; only the store knows whether a log goes on before the next begins."""
    for entry in entries:
        if entry[0] != (after[0], after[1] + 1):
            return
        after = entry[0]
        yield entry


def position(text: str) -> Position:
    """What an id says. Raises `ValueError`."""
    number, _, sequence = text.partition("-")
    return int(number), int(sequence)


def _id(at: Position) -> str:
    return f"{at[0]}-{at[1]}"


def _key(session_id: str) -> str:
    return f"events:{session_id}"
