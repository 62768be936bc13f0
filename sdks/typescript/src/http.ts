/** How the client talks: calls, and streams that go on after a break. */
import type { Cursor } from "./cursor.js";
import { ConnectionFailed, errorFrom, RequestTimeout, SandboxAgentError } from "./errors.js";
import { SseDecoder } from "./frames.js";
import type { Store } from "./stores/base.js";
import type { Event } from "./types.js";
import { type Call, headersOf, isPassing, LOG_HEADER, mayCome, Patience, POLL_MS, pause, SILENCE_MS, type Server, urlOf } from "./wire.js";

/** A daemon of our own, as far as a connection has to know of it. */
export interface OwnDaemon {
  /** Why there will be no answer any more; undefined while it runs. */
  failure(): string | undefined;
  close(): Promise<void>;
}

/** One try to talk: aborted by the caller's signal or by a timer, and able to tell which. */
class Attempt {
  readonly signal: AbortSignal;
  timedOut = false;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outer: AbortSignal | undefined) {
    this.signal = this.#controller.signal;
    this.#outer = outer;
    if (outer?.aborted) this.#leave();
    else outer?.addEventListener("abort", this.#leave, { once: true });
  }

  /** From now on there are so many milliseconds. */
  allow(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.timedOut = true;
      this.#controller.abort(new Error(`nothing came for ${milliseconds} ms`));
    }, milliseconds);
  }

  /** Enough: stop the timer, and with `abort` whatever still goes on. */
  end(abort = false): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#leave);
    if (abort) this.#controller.abort();
  }

  readonly #leave = (): void => this.#controller.abort(this.#outer?.reason);
}

/** Sends calls and follows streams. */
export class Http {
  constructor(
    readonly server: Server,
    readonly daemon?: OwnDaemon,
    /** Where events that are read are kept. */
    readonly store?: Store,
  ) {}

  /** The answer to a call. Repeats it, if that is safe, when somebody on the way failed. */
  async request<T>(call: Call<T>, signal?: AbortSignal): Promise<T> {
    for (let again = call.idempotent ? this.server.retries : 0, delay = 100; ; again -= 1, delay *= 3) {
      const attempt = new Attempt(signal);
      attempt.allow(Math.max(call.timeoutMs ?? 0, this.server.timeoutMs));
      try {
        return await call.read(await this.#fetch(call, attempt.signal));
      } catch (error) {
        const failure = this.#explained(error, attempt, signal);
        if (again <= 0 || !isPassing(failure) || this.#isGone()) throw failure;
      } finally {
        attempt.end();
      }
      await pause(delay, signal);
    }
  }

  /** The first good answer to a call that is asked again for so many milliseconds. Throws the last error. */
  async wait<T>(call: Call<T>, milliseconds: number, signal?: AbortSignal): Promise<T> {
    for (const until = Date.now() + milliseconds; ; await pause(POLL_MS, signal)) {
      try {
        return await this.request({ ...call, idempotent: false }, signal);
      } catch (error) {
        if (!mayCome(error) || this.#isGone() || Date.now() >= until) throw error;
      }
    }
  }

  /** The response of a call that answers with a stream; reading it is the caller's business. */
  async open(call: Call<Response>, signal?: AbortSignal): Promise<Response> {
    const attempt = new Attempt(undefined);
    try {
      return await this.#fetch(call, signal);
    } catch (error) {
      throw this.#explained(error, attempt, signal);
    }
  }

  /** The events after the cursor, as they come together; reconnects until its patience is over. Ends with the session. */
  async *follow(at: (offset: number) => Call<Response>, cursor: Cursor, signal: AbortSignal): AsyncGenerator<Event[]> {
    const patience = new Patience(this.server.reconnects);
    for (;;) {
      let failure: SandboxAgentError;
      try {
        for await (const events of this.#connection(at(cursor.offset), cursor, patience, signal)) {
          yield events;
          if (cursor.ended) return;
        }
        failure = new ConnectionFailed("the server ended the stream");
      } catch (error) {
        if (!isPassing(error)) throw error;
        failure = error as SandboxAgentError;
      }
      const delay = this.#isGone() ? undefined : patience.failed();
      if (delay === undefined) {
        const message = `lost the stream after event ${cursor.offset}: ${failure.message}`;
        throw new ConnectionFailed(message, { cause: failure });
      }
      await pause(delay, signal);
    }
  }

  /**
   * The data of each whole event of an answer that nobody can ask for again, until it ends.
   *
   * Throws `ConnectionFailed` when it breaks off.
   */
  async *frames(call: Call<Response>, signal: AbortSignal): AsyncGenerator<string> {
    const decoder = new SseDecoder();
    for await (const chunk of this.chunks(call, signal)) yield* decoder.feed(chunk);
  }

  async *#connection(
    call: Call<Response>,
    cursor: Cursor,
    patience: Patience,
    signal: AbortSignal,
  ): AsyncGenerator<Event[]> {
    const opened = (response: Response): void => {
      patience.opened();
      cursor.connected(response.headers.get(LOG_HEADER) ?? undefined);
    };
    for await (const chunk of this.chunks(call, signal, opened)) {
      const events = cursor.take(cursor.feed(chunk));
      if (!events.length) continue;
      patience.progress();
      yield events;
    }
    const last = cursor.take(cursor.finish());
    if (last.length) yield last;
  }

  /**
   * The bytes of an answer as they come; whoever stops early closes the connection.
   *
   * Only what comes from the connection is explained, never what the reader throws.
   */
  async *chunks(
    call: Call<Response>,
    signal: AbortSignal,
    opened?: (response: Response) => void,
  ): AsyncGenerator<Uint8Array> {
    const attempt = new Attempt(signal);
    const next = async <T>(promise: Promise<T>): Promise<T> => {
      attempt.allow(SILENCE_MS);
      try {
        return await promise;
      } catch (error) {
        throw attempt.timedOut ? new ConnectionFailed("the stream fell silent") : this.#explained(error, attempt, signal);
      }
    };
    try {
      const response = await next(this.#fetch(call, attempt.signal));
      opened?.(response);
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      for (;;) {
        const { done, value } = await next(reader.read());
        if (done) return;
        yield value;
      }
    } finally {
      attempt.end(true);
    }
  }

  async #fetch(call: Call<unknown>, signal: AbortSignal | undefined): Promise<Response> {
    const init: RequestInit & { duplex?: "half" } = { method: call.method, headers: headersOf(this.server, call) };
    if (signal) init.signal = signal;
    if (call.body !== undefined) init.body = call.body;
    if (call.body instanceof ReadableStream) init.duplex = "half";
    const response = await this.server.fetch(urlOf(this.server, call), init);
    if (!response.ok) throw errorFrom(response, await response.text());
    return response;
  }

  /** What a failure means to the caller. */
  #explained(error: unknown, attempt: Attempt, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    if (error instanceof SandboxAgentError) return error;
    if (attempt.timedOut) {
      return new RequestTimeout("timeout; give the client a longer timeoutMs", { cause: error });
    }
    const gone = this.daemon?.failure();
    if (gone) return new ConnectionFailed(gone, { cause: error });
    if (error instanceof SyntaxError) {
      return new SandboxAgentError(`cannot read the answer of ${this.server.baseUrl}: ${error.message}`, { cause: error });
    }
    return new ConnectionFailed(`no answer from ${this.server.baseUrl}: ${wordsOf(error)}`, { cause: error });
  }

  #isGone(): boolean {
    return this.daemon?.failure() !== undefined;
  }
}

/** `fetch` says only that it failed; the reason is below. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message || error.cause.name : "";
  return cause || error.message;
}
