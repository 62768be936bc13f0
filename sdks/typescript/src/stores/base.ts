/** What a store is, and what all stores share. Pure, but for the store that is asked. */
import { StoreFailed } from "../errors.js";
import type { Event } from "../types.js";

/** A store may answer at once or later. */
export type Awaitable<T> = T | PromiseLike<T>;

/** Which events of a session to give. */
export interface StoredQuery {
  /** The session's newest log when absent. */
  logId?: string | undefined;
  /** Only events with a higher sequence; 0 when absent. */
  offset?: number | undefined;
  /** At most so many events. */
  limit?: number | undefined;
}

/**
 * Keeps the events of sessions, each once.
 *
 * A session id can be used again, and then sequences begin anew; so events belong to a log, which has an id of its own,
 * and a session has one log or several. Every method may be called while another one is under way. What is thrown is
 * `StoreFailed`, or what the database's own library throws.
 */
export interface Store {
  /**
   * Keep events of a log, which come in order; all of them or none.
   *
   * Those that are there already stay as they are. When it resolves they survive the end of this process. Throws
   * `StoreFailed` when there would be a gap between what is there and `events`, or within them.
   */
  append(sessionId: string, logId: string, events: readonly Event[]): Awaitable<void>;
  /** Sequence of the last event that is there of a log; 0 when there is none. */
  last(sessionId: string, logId: string): Awaitable<number>;
  /** The sessions of which anything is there, in the order in which they were first seen. */
  sessions(): Awaitable<string[]>;
  /** The logs of a session, in the order in which they were first seen. */
  logs(sessionId: string): Awaitable<string[]>;
  /** Events of a log, in order. */
  events(sessionId: string, query?: StoredQuery): Awaitable<Event[]>;
  /** Forget a session with all its logs. */
  delete(sessionId: string): Awaitable<void>;
  /** Give up what is held open. Safe to call again. */
  close(): Awaitable<void>;
}

const PAGE = 1000;

/** All events of a log after an offset, a page at a time. */
export async function* read(
  store: Store,
  sessionId: string,
  { logId, offset = 0 }: Omit<StoredQuery, "limit"> = {},
): AsyncGenerator<Event> {
  const chosen = logId ?? (await store.logs(sessionId)).at(-1);
  if (chosen === undefined) return;
  for (let after = offset; ; ) {
    const page = await store.events(sessionId, { logId: chosen, offset: after, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    after = last.sequence;
  }
}

/** Those of `events` that come after `last`, for authors of stores. Throws `StoreFailed` at a gap. */
export function missingFrom(last: number, events: readonly Event[]): Event[] {
  const fresh = events.filter((event) => event.sequence > last);
  for (const [index, event] of fresh.entries()) {
    const expected = last + 1 + index;
    if (event.sequence !== expected) {
      throw new StoreFailed(`event ${event.sequence} came where ${expected} is missing: a log is kept without gaps`);
    }
  }
  return fresh;
}
