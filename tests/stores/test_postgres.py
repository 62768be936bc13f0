from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from sandbox_agent import StoreFailed
from sandbox_agent.stores import PostgresStore
from sandbox_agent.testing.stores import sample

from .server import Postgres


def test_a_connection_that_was_lost_is_made_again(cluster: Postgres, conninfo: str) -> None:
    with PostgresStore(conninfo) as store:
        store.append("s", "log", sample(1))
        cluster.kill_connections()
        store.append("s", "log", sample(1, 2))
        cluster.kill_connections()
        assert store.events("s") == sample(1, 2)


def test_a_server_that_is_gone_is_an_error_and_one_that_is_back_goes_on(cluster: Postgres, conninfo: str) -> None:
    with PostgresStore(conninfo) as store:
        store.append("s", "log", sample(1))
        cluster.stop()
        try:
            with pytest.raises(psycopg.OperationalError):
                store.append("s", "log", sample(2))
        finally:
            cluster.start()
        store.append("s", "log", sample(2))
        assert store.last("s", "log") == 2


def test_many_can_make_the_tables_at_once(conninfo: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        for opened in [pool.submit(PostgresStore, conninfo) for _ in range(8)]:
            opened.result(60).close()


def test_stores_with_other_prefixes_do_not_see_each_other(conninfo: str) -> None:
    with PostgresStore(conninfo, prefix="one") as one, PostgresStore(conninfo, prefix="two") as two:
        one.append("s", "log", sample(1))
        assert two.sessions() == ()
    with pytest.raises(ValueError, match="cannot begin the name of a table"):
        PostgresStore(conninfo, prefix="x; DROP TABLE")


def test_events_can_be_asked_for_in_sql(conninfo: str) -> None:
    with PostgresStore(conninfo) as store:
        store.append("s", "log", sample(1, 2))
    with psycopg.connect(conninfo) as connection:
        found = connection.execute("SELECT event->'data'->>'delta' FROM sandbox_agent_events ORDER BY sequence")
        assert found.fetchall() == [("1 ",), ("2 ",)]


def test_a_store_that_is_closed_says_so(conninfo: str) -> None:
    store = PostgresStore(conninfo)
    store.close()
    with pytest.raises(StoreFailed, match="closed"):
        store.last("s", "log")


def test_without_psycopg_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreFailed, match=r"sandbox-agent-py\[postgres\]"):
        PostgresStore()
