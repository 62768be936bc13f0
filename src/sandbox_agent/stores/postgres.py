"""A store in PostgreSQL, through psycopg 3: the extra `postgres` of this package.

Two tables, whose names begin with a prefix, in whatever schema the connection's search path leads to. `event` is of the
type `json`, so that it can be asked into: `SELECT event->'data'->>'reason' FROM sandbox_agent_events`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sandbox_agent.schema.errors import StoreFailed
from sandbox_agent.schema.events import Event, decode_event, encode_event
from sandbox_agent.stores.base import missing_from

if TYPE_CHECKING:
    import psycopg

__all__ = ["PostgresStore"]

T = TypeVar("T")

_MAKING = 0x5A6E7453746F7265
"""The advisory lock under which tables are made: CREATE IF NOT EXISTS alone fails when two do it at once."""
_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS {p}_logs (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        session_id text NOT NULL,
        log_id text NOT NULL,
        UNIQUE (session_id, log_id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS {p}_events (
        log bigint NOT NULL REFERENCES {p}_logs ON DELETE CASCADE,
        sequence bigint NOT NULL,
        type text NOT NULL,
        time timestamptz NOT NULL,
        event json NOT NULL,
        PRIMARY KEY (log, sequence)
    )
    """,
)


class PostgresStore:
    """A `Store` in a PostgreSQL database. Use it in a `with` block, or close it.

    `conninfo` is a URL (`postgresql://user@host/name`) or a list of `name=value`; what it leaves out comes from the
    usual PG... variables. The tables are made when they are not there. A connection that was lost is made again.
    Raises `StoreFailed` when psycopg is not installed.
    """

    def __init__(self, conninfo: str = "", *, prefix: str = "sandbox_agent") -> None:
        if not prefix.isidentifier():
            raise ValueError(f"{prefix!r} cannot begin the name of a table")
        self._conninfo = conninfo
        self._prefix = prefix
        self._lock = threading.RLock()
        self._connection: psycopg.Connection[Any] | None = None
        self._closed = False
        self._psycopg: Any = _library()
        self._work(self._prepare)

    def append(self, session_id: str, log_id: str, events: Sequence[Event]) -> None:
        """See `Store`."""

        def add(cursor: psycopg.Cursor[Any]) -> None:
            names = (session_id, log_id)
            self._run(cursor, "INSERT INTO {p}_logs (session_id, log_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", names)
            # The row is locked until the end: of two that write the same log, one sees what the other has written.
            self._run(cursor, "SELECT id FROM {p}_logs WHERE session_id = %s AND log_id = %s FOR UPDATE", names)
            (log,) = cursor.fetchone() or (None,)
            self._run(cursor, "SELECT coalesce(max(sequence), 0) FROM {p}_events WHERE log = %s", (log,))
            (last,) = cursor.fetchone() or (0,)
            rows = [
                (log, event.sequence, event.type, event.time, encode_event(event).decode())
                for event in missing_from(last, events)
            ]
            cursor.executemany(self._sql("INSERT INTO {p}_events VALUES (%s, %s, %s, %s, %s)"), rows)

        if events:
            self._work(add)

    def last(self, session_id: str, log_id: str) -> int:
        """See `Store`."""
        rows = self._ask(
            """
            SELECT coalesce(max(sequence), 0) FROM {p}_events WHERE log =
                (SELECT id FROM {p}_logs WHERE session_id = %s AND log_id = %s)
            """,
            (session_id, log_id),
        )
        return int(rows[0][0])

    def sessions(self) -> tuple[str, ...]:
        """See `Store`."""
        rows = self._ask("SELECT session_id FROM {p}_logs GROUP BY session_id ORDER BY min(id)", ())
        return tuple(row[0] for row in rows)

    def logs(self, session_id: str) -> tuple[str, ...]:
        """See `Store`."""
        rows = self._ask("SELECT log_id FROM {p}_logs WHERE session_id = %s ORDER BY id", (session_id,))
        return tuple(row[0] for row in rows)

    def events(
        self, session_id: str, log_id: str | None = None, *, offset: int = 0, limit: int | None = None
    ) -> tuple[Event, ...]:
        """See `Store`."""
        rows = self._ask(
            """
            SELECT event::text FROM {p}_events WHERE sequence > %s AND log =
                (SELECT id FROM {p}_logs WHERE session_id = %s AND log_id = coalesce(%s, log_id)
                 ORDER BY id DESC LIMIT 1)
            ORDER BY sequence LIMIT %s
            """,
            (offset, session_id, log_id, limit),
        )
        return tuple(decode_event(row[0]) for row in rows)

    def delete(self, session_id: str) -> None:
        """See `Store`."""
        self._work(lambda cursor: self._run(cursor, "DELETE FROM {p}_logs WHERE session_id = %s", (session_id,)))

    def close(self) -> None:
        """See `Store`."""
        with self._lock:
            self._closed = True
            if self._connection is not None:
                self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, statement: str, values: tuple[object, ...]) -> list[Any]:
        def ask(cursor: psycopg.Cursor[Any]) -> list[Any]:
            self._run(cursor, statement, values)
            return cursor.fetchall()

        return self._work(ask)

    def _work(self, work: Callable[[psycopg.Cursor[Any]], T]) -> T:
        """Do it in a transaction; again on a new connection when the one we had turns out to be lost."""
        with self._lock:
            for attempt in range(2):
                connection = self._connected()
                try:
                    with connection.transaction(), connection.cursor() as cursor:
                        return work(cursor)
                except self._psycopg.OperationalError:
                    if attempt or not connection.broken:
                        raise
            raise AssertionError("the second attempt returns or raises")

    def _connected(self) -> psycopg.Connection[Any]:
        if self._closed:
            raise StoreFailed("the store is closed")
        connection = self._connection
        if connection is None or connection.closed:
            connection = self._connection = self._psycopg.connect(self._conninfo, autocommit=True)
        return connection

    def _prepare(self, cursor: psycopg.Cursor[Any]) -> None:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
        for table in _TABLES:
            self._run(cursor, table, ())

    def _run(self, cursor: psycopg.Cursor[Any], statement: str, values: tuple[object, ...]) -> None:
        cursor.execute(self._sql(statement), values)

    def _sql(self, statement: str) -> bytes:
        return statement.replace("{p}", self._prefix).encode()


def _library() -> Any:
    try:
        import psycopg  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise StoreFailed("PostgresStore needs psycopg: pip install 'sandbox-agent-py[postgres]'") from error
    return psycopg
