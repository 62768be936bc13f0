from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox_agent import StoreFailed
from sandbox_agent.stores import SQLiteStore
from sandbox_agent.testing.stores import sample

_WRITER = """
import os, sys
from sandbox_agent.stores import SQLiteStore
from sandbox_agent.testing.stores import sample
store = SQLiteStore(sys.argv[1])
for sequence in range(1, 1_000_000):
    store.append("s", "log", sample(sequence))
    print(sequence, flush=True)
"""


def test_what_a_killed_writer_has_appended_is_there_without_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    with subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        while int(writer.stdout.readline()) < 20:
            pass
        writer.send_signal(signal.SIGKILL)
        said = [int(line) for line in writer.stdout.read().split("\n") if line]
    with SQLiteStore(path) as store:
        kept = [event.sequence for event in store.events("s")]
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) >= max(said, default=20) - 1


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreFailed, match="newer version"):
        SQLiteStore(path)


def test_events_can_be_asked_for_in_sql(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    with SQLiteStore(path) as store:
        store.append("s", "log", sample(1))
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT sequence, type, json_extract(event, '$.data.delta') FROM events").fetchall()
    connection.close()
    assert rows == [(1, "item.delta", "1 ")]
