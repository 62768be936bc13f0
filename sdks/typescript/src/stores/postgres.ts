/**
 * A store in PostgreSQL, through a pool of the package `pg`, which is given to it: this package depends on nothing.
 *
 * It has the tables of the Python package's `PostgresStore`, so both may use one database, also at once. `event` is of the
 * type `json`, so that it can be asked into: `SELECT event->'data'->>'reason' FROM sandbox_agent_events`.
 */
import type { Event } from "../types.js";
import { missingFrom, type Store, type StoredQuery } from "./base.js";

/** What is used of a connection of `pg`. */
export interface PostgresConnection {
  query(statement: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  release(broken?: boolean): void;
}

/** What is used of a `Pool` of `pg`. */
export interface PostgresPool {
  connect(): Promise<PostgresConnection>;
}

type Ask = (statement: string, ...values: unknown[]) => Promise<Record<string, unknown>[]>;

/** The advisory lock under which tables are made: CREATE IF NOT EXISTS alone fails when two do it at once. */
const MAKING = "6516273612636254821";

const TABLES = [
  `CREATE TABLE IF NOT EXISTS {p}_logs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id text NOT NULL,
    log_id text NOT NULL,
    UNIQUE (session_id, log_id)
  )`,
  `CREATE TABLE IF NOT EXISTS {p}_events (
    log bigint NOT NULL REFERENCES {p}_logs ON DELETE CASCADE,
    sequence bigint NOT NULL,
    type text NOT NULL,
    time timestamptz NOT NULL,
    event json NOT NULL,
    PRIMARY KEY (log, sequence)
  )`,
];
const INSERT = `
  INSERT INTO {p}_events SELECT $1, sequence, type, time::timestamptz, event::json
  FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) AS fresh (sequence, type, time, event)
`;
const LAST = `
  SELECT coalesce(max(sequence), 0) AS last FROM {p}_events
  WHERE log = (SELECT id FROM {p}_logs WHERE session_id = $1 AND log_id = $2)
`;
const EVENTS = `
  SELECT event::text AS event FROM {p}_events WHERE sequence > $1 AND log =
    (SELECT id FROM {p}_logs WHERE session_id = $2 AND log_id = coalesce($3, log_id) ORDER BY id DESC LIMIT 1)
  ORDER BY sequence LIMIT $4
`;

/** A `Store` in a PostgreSQL database. Make it with `open`. */
export class PostgresStore implements Store {
  readonly #pool: PostgresPool;
  readonly #prefix: string;

  private constructor(pool: PostgresPool, prefix: string) {
    this.#pool = pool;
    this.#prefix = prefix;
  }

  /** The store that the pool's connections lead to; its tables, whose names begin with `prefix`, are made. */
  static async open(pool: PostgresPool, { prefix = "sandbox_agent" } = {}): Promise<PostgresStore> {
    if (!/^[a-z_]\w*$/i.test(prefix)) throw new TypeError(`"${prefix}" cannot begin the name of a table`);
    const store = new PostgresStore(pool, prefix);
    await store.#work(async (ask) => {
      await ask("SELECT pg_advisory_xact_lock($1)", MAKING);
      for (const table of TABLES) await ask(table);
    });
    return store;
  }

  /** See `Store`. */
  async append(sessionId: string, logId: string, events: readonly Event[]): Promise<void> {
    if (!events.length) return;
    await this.#work(async (ask) => {
      const names = [sessionId, logId];
      await ask("INSERT INTO {p}_logs (session_id, log_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", ...names);
      // The row is locked until the end: of two that write the same log, one sees what the other has written.
      const [log] = await ask("SELECT id FROM {p}_logs WHERE session_id = $1 AND log_id = $2 FOR UPDATE", ...names);
      const [row] = await ask("SELECT coalesce(max(sequence), 0) AS last FROM {p}_events WHERE log = $1", log?.id);
      const fresh = missingFrom(Number(row?.last), events);
      const column = (read: (event: Event) => unknown): unknown[] => fresh.map(read);
      const [sequences, types] = [column((event) => event.sequence), column((event) => event.type)];
      await ask(INSERT, log?.id, sequences, types, column((event) => event.time), column((event) => JSON.stringify(event)));
    });
  }

  /** See `Store`. */
  async last(sessionId: string, logId: string): Promise<number> {
    const [row] = await this.#work((ask) => ask(LAST, sessionId, logId));
    return Number(row?.last);
  }

  /** See `Store`. */
  async sessions(): Promise<string[]> {
    const rows = await this.#work((ask) => ask("SELECT session_id FROM {p}_logs GROUP BY session_id ORDER BY min(id)"));
    return rows.map((row) => String(row.session_id));
  }

  /** See `Store`. */
  async logs(sessionId: string): Promise<string[]> {
    const rows = await this.#work((ask) => ask("SELECT log_id FROM {p}_logs WHERE session_id = $1 ORDER BY id", sessionId));
    return rows.map((row) => String(row.log_id));
  }

  /** See `Store`. */
  async events(sessionId: string, { logId, offset = 0, limit }: StoredQuery = {}): Promise<Event[]> {
    const rows = await this.#work((ask) => ask(EVENTS, offset, sessionId, logId ?? null, limit ?? null));
    return rows.map((row) => JSON.parse(String(row.event)) as Event);
  }

  /** See `Store`. */
  async delete(sessionId: string): Promise<void> {
    await this.#work((ask) => ask("DELETE FROM {p}_logs WHERE session_id = $1", sessionId));
  }

  /** See `Store`. The pool is not closed: it was given. */
  close(): void {}

  /** Do it in a transaction; a connection on which something went wrong is not used again. */
  async #work<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    const connection = await this.#pool.connect();
    const ask: Ask = async (statement, ...values) =>
      (await connection.query(statement.replaceAll("{p}", this.#prefix), values)).rows;
    try {
      await ask("BEGIN");
      const result = await work(ask);
      await ask("COMMIT");
      connection.release();
      return result;
    } catch (error) {
      connection.release(true);
      throw error;
    }
  }
}
