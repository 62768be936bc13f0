/** A store in a folder: a file of JSON lines for each log, and one that lists them. For Node, Deno and Bun. */
import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { StoreFailed } from "../errors.js";
import type { Event } from "../types.js";
import { missingFrom, type Store, type StoredQuery } from "./base.js";
import { Lines } from "./lines.js";

/** How often somebody else may be quicker before it must be something else. */
const TRIES = 1000;

type Listed = { sessionId: string; logId: string; file: string } | { sessionId: string; forgotten: true };

/** One log, and where its events are. */
class Log {
  readonly #lines: Lines;
  readonly #places: [number, number][] = [];

  constructor(readonly path: string) {
    this.#lines = new Lines(path, (value, start, end) => {
      // Of two programs that wrote the same events, the first counts.
      if ((value as Event).sequence === this.#places.length + 1) this.#places.push([start, end]);
    });
  }

  async last(): Promise<number> {
    await this.#lines.refresh();
    return this.#places.length;
  }

  append(events: readonly Event[]): Promise<void> {
    return this.#lines.append(events);
  }

  async events(offset: number, limit: number): Promise<Event[]> {
    await this.#lines.refresh();
    return (await this.#lines.slices(this.#places.slice(offset, offset + limit))) as Event[];
  }
}

/** A `Store` in a folder, which is made when it is not there. Several programs may use it at once. */
export class FileStore implements Store {
  readonly #folder: string;
  readonly #index: Lines;
  readonly #sessions = new Map<string, Map<string, Log>>();
  #before: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
    this.#index = new Lines(join(folder, "logs.jsonl"), (value) => this.#listed(value as Listed));
  }

  /** See `Store`. */
  append(sessionId: string, logId: string, events: readonly Event[]): Promise<void> {
    return this.#alone(async () => {
      for (let tried = 0; tried < TRIES; tried += 1) {
        const log = this.#sessions.get(sessionId)?.get(logId);
        const fresh = missingFrom(log ? await log.last() : 0, events);
        if (!fresh.length) return;
        await (log ? log.append(fresh) : this.#begin(sessionId, logId, fresh));
        await this.#index.refresh(); // somebody may have forgotten the session meanwhile
      }
      throw new StoreFailed(`events that are written to ${this.#folder} do not get there`);
    });
  }

  /** See `Store`. */
  last(sessionId: string, logId: string): Promise<number> {
    return this.#alone(() => this.#sessions.get(sessionId)?.get(logId)?.last() ?? 0);
  }

  /** See `Store`. */
  sessions(): Promise<string[]> {
    return this.#alone(() => [...this.#sessions.keys()]);
  }

  /** See `Store`. */
  logs(sessionId: string): Promise<string[]> {
    return this.#alone(() => [...(this.#sessions.get(sessionId)?.keys() ?? [])]);
  }

  /** See `Store`. */
  events(sessionId: string, { logId, offset = 0, limit = Infinity }: StoredQuery = {}): Promise<Event[]> {
    return this.#alone(() => {
      const logs = this.#sessions.get(sessionId);
      const log = logId === undefined ? [...(logs?.values() ?? [])].at(-1) : logs?.get(logId);
      return log?.events(offset, limit) ?? [];
    });
  }

  /** See `Store`. */
  delete(sessionId: string): Promise<void> {
    return this.#alone(async () => {
      const logs = this.#sessions.get(sessionId);
      if (!logs) return;
      const paths = [...logs.values()].map((log) => log.path);
      await this.#index.append([{ sessionId, forgotten: true } satisfies Listed]);
      await this.#index.refresh();
      for (const path of paths) await rm(path, { force: true });
    });
  }

  /** See `Store`. */
  async close(): Promise<void> {
    await this.#before;
  }

  /** One after the other, each knowing what was listed before it. */
  #alone<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#before.then(() => this.#index.refresh()).then(work);
    this.#before = result.catch(() => undefined);
    return result;
  }

  /** A new log is listed once its events are there; if somebody else was quicker, theirs is the log. */
  async #begin(sessionId: string, logId: string, events: readonly Event[]): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const file = `${randomUUID()}.jsonl`;
    const log = new Log(join(this.#folder, file));
    await log.append(events);
    await this.#index.append([{ sessionId, logId, file } satisfies Listed]);
    await this.#index.refresh();
    if (this.#sessions.get(sessionId)?.get(logId)?.path !== log.path) await rm(log.path);
  }

  #listed(entry: Listed): void {
    if ("forgotten" in entry) {
      this.#sessions.delete(entry.sessionId);
      return;
    }
    const logs = this.#sessions.get(entry.sessionId) ?? new Map<string, Log>();
    if (!logs.has(entry.logId)) logs.set(entry.logId, new Log(join(this.#folder, entry.file)));
    this.#sessions.set(entry.sessionId, logs);
  }
}
