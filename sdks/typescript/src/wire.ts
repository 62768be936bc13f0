/** What requests and streams share: addresses, headers, and how long to be patient. Pure but for the clock. */
import { ApiError, ConnectionFailed, NotReady, RequestTimeout } from "./errors.js";

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A request, and how to read its answer. */
export interface Call<T> {
  method: string;
  path: string;
  read: (response: Response) => Promise<T>;
  query?: Query | undefined;
  body?: BodyInit;
  contentType?: string;
  accept?: string;
  /** Whether it may be sent again when nobody knows if it arrived. */
  idempotent?: boolean;
  /** Milliseconds, where the client's own are too few. */
  timeoutMs?: number;
}

/** Where the server is and how to talk to it. */
export interface Server {
  /** As it was given; names the server in errors. */
  baseUrl: string;
  /** What every address begins with; the base URL when absent. */
  root?: string;
  token?: string | undefined;
  headers: Headers;
  fetch: typeof fetch;
  timeoutMs: number;
  retries: number;
  reconnects: number;
}

/** Names the log that a stream or a page is of. */
export const LOG_HEADER = "sandbox-agent-log";

/** A stream says something at least every 15 s, so this long a silence is a dead connection. */
export const SILENCE_MS = 45_000;

const PASSING = new Set([502, 503, 504]);
const REFUSED = new Set([401, 403]);

export function urlOf(server: Server, call: Call<unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined && value !== null) query.set(name, String(value));
  }
  const text = query.toString();
  return `${server.root ?? server.baseUrl}${call.path}${text ? `?${text}` : ""}`;
}

export function headersOf(server: Server, call: Call<unknown>): Headers {
  const headers = new Headers(server.headers);
  if (server.token !== undefined) headers.set("authorization", `Bearer ${server.token}`);
  headers.set("accept", call.accept ?? "application/json");
  if (call.contentType) headers.set("content-type", call.contentType);
  return headers;
}

/** Whether it is worth to try again: somebody on the way could not reach the server. */
export function isPassing(error: unknown): boolean {
  if (error instanceof RequestTimeout || error instanceof NotReady) return false; // it had its time; the server said no
  return error instanceof ConnectionFailed || (error instanceof ApiError && PASSING.has(error.status));
}

/** Milliseconds between two questions whether the server is ready. */
export const POLL_MS = 200;

/**
 * Whether a server that answers so may be ready later: it lacks something still, or is not there yet. Then somebody
 * before it answers, a sandbox provider's proxy for one, with any status. Who asks for another login is not waited for.
 */
export function mayCome(error: unknown): boolean {
  const foreign = error instanceof ApiError && error.code === "unknown" && !REFUSED.has(error.status);
  return foreign || error instanceof RequestTimeout || error instanceof NotReady || isPassing(error);
}

/** How often to reconnect a stream, and how long to wait before it. Forgets failures once events arrive. */
export class Patience {
  #failures = 0;
  #opened = Date.now();
  readonly #reconnects: number;

  constructor(reconnects: number) {
    this.#reconnects = reconnects;
  }

  /** A connection stands. */
  opened(): void {
    this.#opened = Date.now();
  }

  /** An event came. */
  progress(): void {
    this.#failures = 0;
  }

  /** The connection is gone: milliseconds to wait, or undefined when it is time to give up. */
  failed(): number | undefined {
    if (Date.now() - this.#opened > 10_000) this.#failures = 0;
    this.#opened = Date.now();
    this.#failures += 1;
    return this.#failures > this.#reconnects ? undefined : Math.min(50 * 2 ** (this.#failures - 1), 2000);
  }
}

/** Wait, or throw the signal's reason. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", leave);
      resolve();
    }, milliseconds);
    if (signal?.aborted) leave();
    else signal?.addEventListener("abort", leave, { once: true });
  });
}
