/** The log of a session as it is followed: what a store lacks goes into it first, and nothing is given twice. */
import * as calls from "./calls.js";
import { Cursor } from "./cursor.js";
import type { Http } from "./http.js";
import type { Event } from "./types.js";

export interface FollowOptions {
  /** After which sequence to begin; `stored`: after what the client's store has of the log. */
  offset: number | "stored";
  includeRaw?: boolean | undefined;
  /** Nothing may ever come after the offset, so see first whether the session has ended. */
  look?: boolean;
}

/** The events of a session after an offset, then live ones, until the session ends. */
export async function* follow(
  http: Http,
  id: string,
  { offset, includeRaw = false, look = true }: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  const { store } = http;
  const cursor = new Cursor();
  let after = offset === "stored" ? 0 : offset;
  if (store || (look && after)) {
    const session = await http.request(calls.getSession(id), signal);
    cursor.log = session.logId;
    const stored = store ? await store.last(id, session.logId) : 0;
    if (offset === "stored") after = stored;
    cursor.offset = store ? Math.min(after, stored) : after;
    if (session.ended && session.eventCount <= cursor.offset) return;
  } else {
    cursor.offset = after;
  }
  const raw = includeRaw ? { includeRaw } : {};
  for await (const batch of http.follow((start) => calls.followEvents(id, { offset: start, ...raw }), cursor, signal)) {
    await store?.append(id, cursor.log ?? "", batch);
    for (const event of batch) if (event.sequence > after) yield event;
  }
}
