/** Events as they are looked at: a page at a time from the server, which has them all anyway. */
import type { Event, Session } from "sandbox-agent";
import { Store } from "../lib/store";

const SIZE = 100;
const KEPT = 30;

export class Pages {
  readonly version = new Store(0);
  #pages = new Map<number, readonly Event[]>();
  #asked = new Set<number>();

  constructor(readonly session: Session) {}

  /** The event, or undefined while it is fetched. `last`: how many there are. */
  get(sequence: number, last: number): Event | undefined {
    const page = Math.floor((sequence - 1) / SIZE);
    const events = this.#pages.get(page);
    const event = events?.[(sequence - 1) % SIZE];
    // The last page grows; it is fetched again when it has grown.
    if (!event && sequence <= last) void this.#fetch(page);
    return event;
  }

  async #fetch(page: number): Promise<void> {
    if (this.#asked.has(page)) return;
    this.#asked.add(page);
    try {
      const { events } = await this.session.events({ offset: page * SIZE, limit: SIZE, includeRaw: true });
      this.#pages.delete(page);
      this.#pages.set(page, events);
      const oldest = this.#pages.keys().next().value;
      if (this.#pages.size > KEPT && oldest !== undefined) this.#pages.delete(oldest);
      this.version.update((count) => count + 1);
    } catch {
      // The session is gone, or the server: the conversation says so.
    } finally {
      this.#asked.delete(page);
    }
  }
}
