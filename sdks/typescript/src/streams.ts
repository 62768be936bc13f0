/** What the client gives to iterate over. */
import type { Request } from "./asking.js";
import type { Delivered, Event } from "./types.js";
import type { TurnReader, TurnResult } from "./turns.js";

/** What comes, each once and in order. Stop early and the connection is closed at once, also while one is awaited. */
export class Stream<T> implements AsyncIterableIterator<T> {
  readonly #events: AsyncGenerator<T>;
  readonly #leaving = new AbortController();
  readonly #outer: AbortSignal | undefined;
  #closed = false;

  /** @internal */
  constructor(open: (signal: AbortSignal) => AsyncGenerator<T>, signal?: AbortSignal) {
    this.#events = open(this.#leaving.signal);
    this.#outer = signal;
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener("abort", this.#abort, { once: true });
  }

  /** The next one; waits for it. */
  async next(): Promise<IteratorResult<T, undefined>> {
    try {
      const result = await this.#events.next();
      if (result.done) this.#forget();
      return result.done ? DONE : result;
    } catch (error) {
      this.#forget();
      if (this.#closed) return DONE;
      throw error;
    }
  }

  /** Leave the stream. Safe to call again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#forget();
    this.#leaving.abort();
    await this.#events.return(undefined).catch(() => undefined);
  }

  /** What `for await` calls when its loop is left. */
  async return(): Promise<IteratorResult<T, undefined>> {
    await this.close();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** What leaving an `await using` block calls. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #abort = (): void => this.#leaving.abort(this.#outer?.reason);

  #forget(): void {
    this.#outer?.removeEventListener("abort", this.#abort);
  }
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Events in order, each once. Stop early and the connection is closed at once, also while an event is awaited. */
export class EventStream extends Stream<Event> {}

/** Permissions and questions that wait for an answer. Stop early and the connection is closed at once. */
export class RequestStream extends Stream<Request> {}

/**
 * What comes of one message: its events until the turn ends, or the result of it all.
 *
 * The message is on its way when you have this. Awaiting it tells the message's id and whether it started a turn,
 * waits in the queue, or went into the running turn; it throws what the server refuses.
 */
export class Turn extends EventStream implements PromiseLike<Delivered> {
  readonly #reader: Promise<TurnReader>;

  /** @internal */
  constructor(
    reader: Promise<TurnReader>,
    read: (reader: TurnReader, signal: AbortSignal) => AsyncGenerator<Event>,
    signal?: AbortSignal,
  ) {
    super((leaving) => readWhenSent(reader, read, leaving), signal);
    this.#reader = reader;
  }

  /** Read on to the turn's end; what came of it. */
  async wait(): Promise<TurnResult> {
    const reader = await this.#reader;
    for await (const _ of this);
    return reader.result;
  }

  then<A = Delivered, B = never>(
    fulfilled?: ((delivered: Delivered) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#reader.then((reader) => reader.delivered).then(fulfilled, rejected);
  }
}

async function* readWhenSent(
  reader: Promise<TurnReader>,
  read: (reader: TurnReader, signal: AbortSignal) => AsyncGenerator<Event>,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  yield* read(await reader, signal);
}
