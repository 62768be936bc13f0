/** Where a reader stands in a session's log: bytes in, events out, each exactly once. Pure. */
import { ConnectionFailed, LogReplaced, StreamError } from "./errors.js";
import { SseDecoder } from "./frames.js";
import type { Event } from "./types.js";

/** Survives its connections: after a break, go on from `offset`. */
export class Cursor {
  /** Sequence of the last event that was given out. */
  offset: number;
  /** The session is over; nothing will follow. */
  ended = false;
  /** The id of the log that is read; undefined until the server has named it. */
  log: string | undefined;
  #decoder = new SseDecoder();

  constructor(offset = 0) {
    this.offset = offset;
  }

  /**
   * A new connection to the log of this id: half a frame of the last one is forgotten, it will come again.
   *
   * Throws `LogReplaced` when it is not the log that was read so far.
   */
  connected(log?: string): void {
    if (log && this.log && log !== this.log) throw new LogReplaced(this.offset);
    this.log = log ?? this.log;
    this.#decoder = new SseDecoder();
  }

  /** Those of `events` that were not there before; now they were. Throws `ConnectionFailed` at a hole. */
  take(events: readonly Event[]): Event[] {
    const taken: Event[] = [];
    for (const event of events) {
      try {
        if (this.passed(event)) taken.push(event);
      } catch (error) {
        if (!taken.length) throw error;
        break; // what was stepped over must be given out; the hole is still there for the next ones
      }
    }
    return taken;
  }

  /** The events that `chunk` completes; `take` those that are new. */
  feed(chunk: Uint8Array): Event[] {
    return this.#decoder.feed(chunk).map((data) => this.#read(data));
  }

  /** The connection ended by itself: the event that it may have ended on. */
  finish(): Event[] {
    try {
      return this.#decoder.end().map((data) => this.#read(data));
    } catch {
      return []; // cut in the middle; it comes again
    }
  }

  /** Step over `event`; false when it was given out before. Throws `ConnectionFailed` at a hole. */
  passed(event: Event): boolean {
    if (event.sequence <= this.offset) return false;
    if (event.sequence !== this.offset + 1) {
      throw new ConnectionFailed(`event ${event.sequence} came after ${this.offset}`);
    }
    this.offset = event.sequence;
    this.ended = event.type === "session.ended";
    return true;
  }

  #read(data: string): Event {
    try {
      return JSON.parse(data) as Event;
    } catch (cause) {
      throw new StreamError(`an event after ${this.offset} cannot be read: ${String(cause)}`, { cause });
    }
  }
}
