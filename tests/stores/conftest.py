from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox_agent.stores import PostgresStore, SQLiteStore, Store

from .server import Postgres, postgres


@pytest.fixture(scope="session")
def cluster() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


@pytest.fixture
def conninfo(cluster: Postgres) -> str:
    return cluster.database()


@pytest.fixture(params=["sqlite", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Opens a store of each kind; however often it is called, always in the same place."""
    if request.param == "sqlite":
        return lambda: SQLiteStore(tmp_path / "events.db")
    conninfo = request.getfixturevalue("conninfo")
    return lambda: PostgresStore(conninfo)
