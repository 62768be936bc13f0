/** Follows a session for as long as somebody looks at it. */
import { ConnectionFailed, LogReplaced, type SandboxAgent, SessionNotFound } from "sandbox-agent";
import { Store, perFrame } from "./store";
import { Reading } from "./transcript";
import { wordsOf } from "./words";

export type Following = { state: "loading" | "live" | "lost" | "gone" | "failed"; problem?: string };

const AGAIN_MS = 1000;

export class Follower {
  readonly reading = new Reading();
  /** Changes at most once for each frame. */
  readonly version = new Store(0);
  readonly state = new Store<Following>({ state: "loading" });
  /** The type of each event so far, for the table of events. */
  readonly types: string[] = [];
  /** The event that is looked at. */
  readonly chosen = new Store<number | undefined>(undefined);
  readonly #leaving = new AbortController();
  readonly #tell = perFrame(() => this.version.set(this.reading.version));

  constructor(
    readonly client: SandboxAgent,
    readonly id: string,
  ) {}

  start(expected: Promise<number>): void {
    void this.#run(expected);
  }

  stop(): void {
    this.#leaving.abort();
  }

  async #run(expected: Promise<number>): Promise<void> {
    const { signal } = this.#leaving;
    void expected.then((count) => {
      if (this.reading.offset >= count) this.#live();
      this.#expected = count;
    });
    while (!signal.aborted && !this.reading.ended) {
      try {
        await this.#read(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ConnectionFailed)) return this.#failed(error);
        this.state.set({ state: "lost", problem: "The connection is lost. Trying again ..." });
        await this.#untilBack(signal);
      }
    }
  }

  #expected = Infinity;

  /** Wait for the server. A session where nothing happens says nothing, so it must be asked. */
  async #untilBack(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      try {
        await this.client.getSession(this.id);
        return this.#live();
      } catch (error) {
        if (!(error instanceof ConnectionFailed)) return; // the stream will say it
      }
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { reading } = this;
    for await (const event of this.client.session(this.id).stream({ offset: reading.offset, signal })) {
      reading.feed(event);
      this.types.push(event.type);
      this.#tell();
      if (reading.offset >= this.#expected) this.#live();
      if (reading.ended) break; // nothing comes after it
    }
    this.#live();
  }

  #live(): void {
    if (this.state.get().state !== "live") this.state.set({ state: "live" });
  }

  #failed(error: unknown): void {
    const gone = error instanceof SessionNotFound || error instanceof LogReplaced;
    const problem = gone
      ? "The server does not have this session any more. It was deleted, or the server was started anew."
      : wordsOf(error);
    this.state.set({ state: gone ? "gone" : "failed", problem });
  }
}
