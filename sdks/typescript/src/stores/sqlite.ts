/**
 * A store in one SQLite file, through `node:sqlite`: Node 22.13 or later, Deno, Bun.
 *
 * It has the tables of the Python package's `SQLiteStore`, so both may use one file, also at once. An event is kept when
 * `append` returns, whatever happens to this process; after a loss of power the last ones may be gone, and are read
 * again from the server.
 */
import { StoreFailed } from "../errors.js";
import type { Event } from "../types.js";
import { missingFrom, type Store, type StoredQuery } from "./base.js";

const VERSION = 1;
const SETTINGS = `
  PRAGMA busy_timeout = 30000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA foreign_keys = ON;
`;
const TABLES = `
  CREATE TABLE IF NOT EXISTS logs (
    id INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL,
    log_id TEXT NOT NULL,
    UNIQUE (session_id, log_id)
  );
  CREATE TABLE IF NOT EXISTS events (
    log INTEGER NOT NULL REFERENCES logs ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    type TEXT NOT NULL,
    time TEXT NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (log, sequence)
  ) WITHOUT ROWID;
  PRAGMA user_version = ${VERSION};
`;
const LAST = `
  SELECT coalesce(max(sequence), 0) AS last FROM events
  WHERE log = (SELECT id FROM logs WHERE session_id = ? AND log_id = ?)
`;
const EVENTS = `
  SELECT event FROM events WHERE sequence > ? AND log =
    (SELECT id FROM logs WHERE session_id = ? AND log_id = coalesce(?, log_id) ORDER BY id DESC LIMIT 1)
  ORDER BY sequence LIMIT ?
`;

/** What of `node:sqlite` is used. */
interface Database {
  exec(statements: string): void;
  prepare(statement: string): {
    all(...values: unknown[]): unknown[];
    run(...values: unknown[]): unknown;
  };
  close(): void;
}

/** A `Store` in a file. Make it with `open`. Its calls block, for some microseconds each. */
export class SQLiteStore implements Store {
  readonly #database: Database;
  #closed = false;

  private constructor(database: Database) {
    this.#database = database;
  }

  /** The store at `path`, made when it is not there; `:memory:` is one that goes with this object. */
  static async open(path: string): Promise<SQLiteStore> {
    const { DatabaseSync } = await library();
    const store = new SQLiteStore(new DatabaseSync(path));
    try {
      store.#prepare();
      return store;
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /** See `Store`. */
  append(sessionId: string, logId: string, events: readonly Event[]): void {
    this.#transaction(() => {
      const fresh = missingFrom(this.last(sessionId, logId), events);
      if (!fresh.length) return;
      this.#ask("INSERT OR IGNORE INTO logs (session_id, log_id) VALUES (?, ?)", sessionId, logId);
      const [row] = this.#ask("SELECT id FROM logs WHERE session_id = ? AND log_id = ?", sessionId, logId);
      const insert = this.#database.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?)");
      for (const event of fresh) insert.run(row?.id, event.sequence, event.type, event.time, JSON.stringify(event));
    });
  }

  /** See `Store`. */
  last(sessionId: string, logId: string): number {
    return Number(this.#ask(LAST, sessionId, logId)[0]?.last);
  }

  /** See `Store`. */
  sessions(): string[] {
    const rows = this.#ask("SELECT session_id FROM logs GROUP BY session_id ORDER BY min(id)");
    return rows.map((row) => String(row.session_id));
  }

  /** See `Store`. */
  logs(sessionId: string): string[] {
    const rows = this.#ask("SELECT log_id FROM logs WHERE session_id = ? ORDER BY id", sessionId);
    return rows.map((row) => String(row.log_id));
  }

  /** See `Store`. */
  events(sessionId: string, { logId, offset = 0, limit = -1 }: StoredQuery = {}): Event[] {
    const rows = this.#ask(EVENTS, offset, sessionId, logId ?? null, limit);
    return rows.map((row) => JSON.parse(String(row.event)) as Event);
  }

  /** See `Store`. */
  delete(sessionId: string): void {
    this.#ask("DELETE FROM logs WHERE session_id = ?", sessionId);
  }

  /** See `Store`. */
  close(): void {
    if (!this.#closed) this.#database.close();
    this.#closed = true;
  }

  #prepare(): void {
    this.#database.exec(SETTINGS);
    this.#transaction(() => {
      const version = Number(this.#ask("PRAGMA user_version")[0]?.user_version);
      if (version > VERSION) {
        throw new StoreFailed(`the store was made by a newer version (${version}, this one knows ${VERSION})`);
      }
      this.#database.exec(TABLES);
    });
  }

  #ask(statement: string, ...values: unknown[]): Record<string, unknown>[] {
    return this.#database.prepare(statement).all(...values) as Record<string, unknown>[];
  }

  #transaction(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE"); // the lock of the writer now, or two that have read could not both go on
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}

async function library(): Promise<{ DatabaseSync: new (path: string) => Database }> {
  const name = "node:sqlite"; // not a literal: bundlers and older compilers do not know it
  try {
    return (await import(name)) as { DatabaseSync: new (path: string) => Database };
  } catch (cause) {
    throw new StoreFailed("SQLiteStore needs node:sqlite: Node 22.13 or later, Deno, or Bun", { cause });
  }
}
