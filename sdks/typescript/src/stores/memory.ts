/** A store that goes with the program: for tests, and for pages that need no more than the current visit. */
import type { Event } from "../types.js";
import { missingFrom, type Store, type StoredQuery } from "./base.js";

/** A `Store` in memory. */
export class MemoryStore implements Store {
  readonly #sessions = new Map<string, Map<string, Event[]>>();

  /** See `Store`. */
  append(sessionId: string, logId: string, events: readonly Event[]): void {
    const logs = this.#sessions.get(sessionId) ?? new Map<string, Event[]>();
    const log = logs.get(logId) ?? [];
    const fresh = missingFrom(log.length, events);
    if (!fresh.length) return;
    log.push(...fresh);
    this.#sessions.set(sessionId, logs.set(logId, log));
  }

  /** See `Store`. */
  last(sessionId: string, logId: string): number {
    return this.#sessions.get(sessionId)?.get(logId)?.length ?? 0;
  }

  /** See `Store`. */
  sessions(): string[] {
    return [...this.#sessions.keys()];
  }

  /** See `Store`. */
  logs(sessionId: string): string[] {
    return [...(this.#sessions.get(sessionId)?.keys() ?? [])];
  }

  /** See `Store`. */
  events(sessionId: string, { logId, offset = 0, limit }: StoredQuery = {}): Event[] {
    const chosen = logId ?? this.logs(sessionId).at(-1) ?? "";
    const log = this.#sessions.get(sessionId)?.get(chosen) ?? [];
    return log.slice(offset, limit === undefined ? undefined : offset + limit);
  }

  /** See `Store`. */
  delete(sessionId: string): void {
    this.#sessions.delete(sessionId);
  }

  /** See `Store`. */
  close(): void {}
}
