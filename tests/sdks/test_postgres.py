"""The npm package's store in a real PostgreSQL, which it shares with Python's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stores.server import Postgres, postgres

from sandbox_agent import PostgresStore, SandboxAgent
from sandbox_agent.stores import read
from sandbox_agent.testing.stores import sample

from .nodejs import run

PROGRAM = """
import { SandboxAgent, StoreFailed } from "sandbox-agent";
import { PostgresStore } from "sandbox-agent/stores/postgres";
import { CONTRACTS, sample } from "sandbox-agent/testing";

const [driver, connectionString, baseUrl, token] = process.argv.slice(2);
const { default: { Pool } } = await import(driver);
const pool = new Pool({ connectionString });
pool.on("error", () => undefined); // a connection that waits was broken: the pool makes another one
const wrong = {};
for (const [number, { name, check }] of CONTRACTS.entries()) {
  const open = () => PostgresStore.open(pool, { prefix: `c${number}` });
  wrong[name] = await check(open).then(() => null, (error) => String(error));
}
await Promise.all(Array.from({ length: 8 }, () => PostgresStore.open(pool, { prefix: "at_once" })));
await PostgresStore.open(pool, { prefix: "x; DROP TABLE" }).then(() => (wrong.prefix = "taken"), () => undefined);
const store = await PostgresStore.open(pool);
await store.append("broken", "log", sample(1));
await pool.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()");
for (let last = 1; last < 2; ) last = await store.append("broken", "log", sample(1, 2)).then(() => 2, () => 1);
const client = await SandboxAgent.connect({ baseUrl, token, store });
const session = await client.createSession("kept", { agent: "mock" });
await session.send("hello").wait();
await pool.end();
console.log(JSON.stringify(wrong));
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


def test_it_keeps_the_contract_and_python_reads_what_it_wrote(
    cluster: Postgres, installed: Path, modules: Path, tmp_path: Path
) -> None:
    conninfo = cluster.database()
    folder, user, name = (each.partition("=")[2] for each in conninfo.split())
    url = f"postgresql://{user}@/{name}?host={folder}"
    (installed / "postgres.js").write_text(PROGRAM, encoding="utf-8")
    driver = str(modules / "pg" / "lib" / "index.js")
    with SandboxAgent.start(data_dir=tmp_path, mock_pace=0.002) as client, PostgresStore(conninfo) as store:
        said = run(installed, "node", "postgres.js", driver, url, client.base_url, client.token or "")
        wrong = json.loads(said)
        assert {contract: failure for contract, failure in wrong.items() if failure} == {}
        assert len(wrong) > 10
        assert tuple(read(store, "kept")) == client.session("kept").events().events
        assert store.events("broken") == sample(1, 2)
