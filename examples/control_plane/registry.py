"""What must outlive every process: which sandboxes there are, with their tokens, and which sessions they hold."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.rows import tuple_row

from .sandboxes import Sandbox

__all__ = ["Registry", "Session"]

_TABLES = """
SELECT pg_advisory_xact_lock(7115720);
CREATE TABLE IF NOT EXISTS sandboxes (name text PRIMARY KEY, token text NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (
    id text PRIMARY KEY,
    sandbox text NOT NULL REFERENCES sandboxes,
    agent text NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closing', 'closed'))
)
"""
_CHOOSE = """
INSERT INTO sessions (id, sandbox, agent)
SELECT %s, name, %s FROM sandboxes LEFT JOIN sessions ON sandbox = name AND state <> 'closed'
GROUP BY name ORDER BY count(id), name LIMIT 1
ON CONFLICT DO NOTHING
"""
_FIND = "SELECT id, agent, state, name, token FROM sessions JOIN sandboxes ON sandbox = name"


@dataclass(frozen=True)
class Session:
    """One conversation, and where it takes place."""

    id: str
    agent: str
    state: str
    """`open`; `closing` when its end was asked for; `closed` when all its events are in the database."""
    sandbox: Sandbox


class Registry:
    """Two small tables. A connection for each question: there are few, and none can be stale."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo

    async def prepare(self, size: int) -> None:
        """Make the tables, and as many sandboxes as there shall be."""
        await self._run(_TABLES)
        for number in range(1, size + 1):
            await self._run(
                "INSERT INTO sandboxes VALUES (%s, %s) ON CONFLICT DO NOTHING", f"box-{number}", secrets.token_hex(24)
            )

    async def sandboxes(self) -> list[Sandbox]:
        """All of them."""
        return [Sandbox(*row) for row in await self._run("SELECT name, token FROM sandboxes ORDER BY name")]

    async def add(self, session_id: str, agent: str) -> None:
        """A new session, in the sandbox that has the fewest. Nothing happens when it is there already."""
        await self._run(_CHOOSE, session_id, agent)

    async def find(self, session_id: str) -> Session | None:
        """The session of an id."""
        return next(iter(_sessions(await self._run(f"{_FIND} WHERE id = %s", session_id))), None)

    async def live(self) -> list[Session]:
        """Those whose events are not all in the database."""
        return _sessions(await self._run(f"{_FIND} WHERE state <> 'closed' ORDER BY id"))

    async def mark(self, session_id: str, state: str) -> None:
        """Write down how far the end of a session is."""
        await self._run("UPDATE sessions SET state = %s WHERE id = %s", state, session_id)

    async def _run(self, statement: LiteralString, *values: str) -> Sequence[tuple[Any, ...]]:
        async with await psycopg.AsyncConnection.connect(self._conninfo, row_factory=tuple_row) as connection:
            cursor = await connection.execute(statement, values or None)
            return await cursor.fetchall() if cursor.description else ()


def _sessions(rows: Sequence[tuple[Any, ...]]) -> list[Session]:
    return [Session(id, agent, state, Sandbox(name, token)) for id, agent, state, name, token in rows]
