/** A store in the browser's own database, shared by all pages of an origin and kept between visits. */
import type { Event } from "../types.js";
import { missingFrom, type Store, type StoredQuery } from "./base.js";

interface Log {
  id: number;
  sessionId: string;
  logId: string;
}

const VERSION = 1;

/** A `Store` in IndexedDB. Several pages may use it at once; transactions keep them apart. */
export class IndexedDBStore implements Store {
  readonly #name: string;
  #opened: Promise<IDBDatabase> | undefined;

  /** `name` is that of the database. */
  constructor(name = "sandbox-agent") {
    this.#name = name;
  }

  /** See `Store`. */
  append(sessionId: string, logId: string, events: readonly Event[]): Promise<void> {
    return this.#work("readwrite", async (logs, kept) => {
      const log = await logOf(logs, sessionId, logId);
      const fresh = missingFrom(log ? await lastOf(kept, log.id) : 0, events);
      if (!fresh.length) return;
      const id = log?.id ?? ((await done(logs.add({ sessionId, logId }))) as number);
      await Promise.all(fresh.map((event) => done(kept.add(event, [id, event.sequence]))));
    });
  }

  /** See `Store`. */
  last(sessionId: string, logId: string): Promise<number> {
    return this.#work("readonly", async (logs, kept) => {
      const log = await logOf(logs, sessionId, logId);
      return log ? lastOf(kept, log.id) : 0;
    });
  }

  /** See `Store`. */
  sessions(): Promise<string[]> {
    return this.#work("readonly", async (logs) => {
      const all = (await done(logs.getAll())) as Log[];
      return [...new Set(all.map((log) => log.sessionId))];
    });
  }

  /** See `Store`. */
  logs(sessionId: string): Promise<string[]> {
    return this.#work("readonly", async (logs) => (await logsOf(logs, sessionId)).map((log) => log.logId));
  }

  /** See `Store`. */
  events(sessionId: string, { logId, offset = 0, limit }: StoredQuery = {}): Promise<Event[]> {
    return this.#work("readonly", async (logs, kept) => {
      const log = await logOf(logs, sessionId, logId);
      if (!log || limit === 0) return []; // zero would mean all
      return (await done(kept.getAll(after(log.id, offset), limit))) as Event[];
    });
  }

  /** See `Store`. */
  delete(sessionId: string): Promise<void> {
    return this.#work("readwrite", async (logs, kept) => {
      for (const { id } of await logsOf(logs, sessionId)) {
        await done(kept.delete(after(id, 0)));
        await done(logs.delete(id));
      }
    });
  }

  /** See `Store`. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    (await opened)?.close();
  }

  #database(): Promise<IDBDatabase> {
    this.#opened ??= openDatabase(this.#name).catch((error: unknown) => {
      this.#opened = undefined; // the next call tries again
      throw error;
    });
    return this.#opened;
  }

  async #work<T>(
    mode: IDBTransactionMode,
    work: (logs: IDBObjectStore, kept: IDBObjectStore) => Promise<T>,
  ): Promise<T> {
    const transaction = (await this.#database()).transaction(["logs", "events"], mode);
    const complete = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    try {
      const result = await work(transaction.objectStore("logs"), transaction.objectStore("events"));
      await complete;
      return result;
    } catch (error) {
      complete.catch(() => undefined);
      if (!transaction.error) transaction.abort();
      throw error;
    }
  }
}

function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("logs", { keyPath: "id", autoIncrement: true }).createIndex("of", "sessionId");
    request.result.createObjectStore("events");
  };
  return done(request);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function logsOf(logs: IDBObjectStore, sessionId: string): Promise<Log[]> {
  return (await done(logs.index("of").getAll(sessionId))) as Log[];
}

async function logOf(logs: IDBObjectStore, sessionId: string, logId: string | undefined): Promise<Log | undefined> {
  const all = await logsOf(logs, sessionId);
  return logId === undefined ? all.at(-1) : all.find((log) => log.logId === logId);
}

async function lastOf(kept: IDBObjectStore, log: number): Promise<number> {
  const cursor = await done(kept.openKeyCursor(after(log, 0), "prev"));
  return cursor ? ((cursor.primaryKey as [number, number])[1] as number) : 0;
}

function after(log: number, sequence: number): IDBKeyRange {
  return IDBKeyRange.bound([log, sequence], [log, Infinity], true);
}
