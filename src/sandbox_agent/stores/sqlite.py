"""A store in one SQLite file: the standard library is enough.

Write-ahead logging, so that readers do not wait for the writer, also those in other processes. An event is kept when
`append` returns, whatever happens to this process; after a loss of power the last ones may be gone, and are read again
from the server.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from sandbox_agent.schema.errors import StoreFailed
from sandbox_agent.schema.events import Event, decode_event, encode_event
from sandbox_agent.stores.base import missing_from

__all__ = ["SQLiteStore"]

_VERSION = 1
_BUSY_SECONDS = 30.0
_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS logs (
        id INTEGER PRIMARY KEY,
        session_id TEXT NOT NULL,
        log_id TEXT NOT NULL,
        UNIQUE (session_id, log_id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS events (
        log INTEGER NOT NULL REFERENCES logs ON DELETE CASCADE,
        sequence INTEGER NOT NULL,
        type TEXT NOT NULL,
        time TEXT NOT NULL,
        event TEXT NOT NULL,
        PRIMARY KEY (log, sequence)
    ) WITHOUT ROWID
    """,
)
_LAST = """
    SELECT coalesce(max(sequence), 0) FROM events WHERE log = (SELECT id FROM logs WHERE session_id = ? AND log_id = ?)
"""


class SQLiteStore:
    """A `Store` in a file; `":memory:"` is one that goes with this object. Use it in a `with` block, or close it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._lock = threading.RLock()
        import sqlite3  # noqa: PLC0415 - not every Python has it, and only who uses this store needs it

        self._connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def append(self, session_id: str, log_id: str, events: Sequence[Event]) -> None:
        """See `Store`."""
        with self._transaction():
            fresh = missing_from(self.last(session_id, log_id), events)
            if not fresh:
                return
            self._ask("INSERT OR IGNORE INTO logs (session_id, log_id) VALUES (?, ?)", session_id, log_id)
            ((log,),) = self._ask("SELECT id FROM logs WHERE session_id = ? AND log_id = ?", session_id, log_id)
            self._connection.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
                [(log, event.sequence, event.type, event.time, encode_event(event).decode()) for event in fresh],
            )

    def last(self, session_id: str, log_id: str) -> int:
        """See `Store`."""
        ((last,),) = self._ask(_LAST, session_id, log_id)
        return int(last)

    def sessions(self) -> tuple[str, ...]:
        """See `Store`."""
        return tuple(row[0] for row in self._ask("SELECT session_id FROM logs GROUP BY session_id ORDER BY min(id)"))

    def logs(self, session_id: str) -> tuple[str, ...]:
        """See `Store`."""
        return tuple(
            row[0] for row in self._ask("SELECT log_id FROM logs WHERE session_id = ? ORDER BY id", session_id)
        )

    def events(
        self, session_id: str, log_id: str | None = None, *, offset: int = 0, limit: int | None = None
    ) -> tuple[Event, ...]:
        """See `Store`."""
        rows = self._ask(
            """
            SELECT event FROM events WHERE sequence > ? AND log =
                (SELECT id FROM logs WHERE session_id = ? AND log_id = coalesce(?, log_id) ORDER BY id DESC LIMIT 1)
            ORDER BY sequence LIMIT ?
            """,
            offset,
            session_id,
            log_id,
            -1 if limit is None else limit,
        )
        return tuple(decode_event(row[0]) for row in rows)

    def delete(self, session_id: str) -> None:
        """See `Store`."""
        self._ask("DELETE FROM logs WHERE session_id = ?", session_id)

    def close(self) -> None:
        """See `Store`."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Generator[None]:
        with self._lock:
            self._ask("BEGIN IMMEDIATE")  # the lock of the writer now, or two that have read could not both go on
            try:
                yield
                self._ask("COMMIT")
            except BaseException:
                self._ask("ROLLBACK")
                raise

    def _prepare(self) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            self._ask(f"PRAGMA {pragma}")
        with self._transaction():
            ((version,),) = self._ask("PRAGMA user_version")
            if version > _VERSION:
                raise StoreFailed(f"the store was made by a newer version ({version}, this one knows {_VERSION})")
            for table in _TABLES:
                self._ask(table)
            self._ask(f"PRAGMA user_version = {_VERSION}")
