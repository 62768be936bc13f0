"""Where a client keeps the events that it reads: a small protocol, SQLite and PostgreSQL.

The server keeps sessions in memory. A store makes them outlive it, and outlive the program that reads. This package
sees the schema only; `sandbox_agent.testing.stores` is the suite that every store must pass.
"""

from sandbox_agent.stores.base import Store, read
from sandbox_agent.stores.postgres import PostgresStore
from sandbox_agent.stores.sqlite import SQLiteStore

__all__ = ["PostgresStore", "SQLiteStore", "Store", "read"]
