/** How to reach a server: what `connect` and `start` are given, checked and completed. */
import type { SandboxAgentSpawnOptions } from "./daemon/options.js";
import type { Store } from "./stores/base.js";
import type { Server } from "./wire.js";

export interface ClientOptions {
  /** Instead of the global `fetch`. */
  fetch?: typeof fetch;
  /** Sent with every request. */
  headers?: HeadersInit;
  /** Milliseconds for each request, not for streams; 30 000 when absent. */
  timeoutMs?: number;
  /** Of requests that may be repeated safely; 2 when absent. */
  retries?: number;
  /** Of a stream, without an event in between; 10 when absent. */
  reconnects?: number;
  /** Events that are read are kept there, before you get them; it stays yours to close. */
  store?: Store;
}

export interface SandboxAgentConnectOptions extends ClientOptions {
  /** Where the server is, as in `http://127.0.0.1:2468`; may hold a path. In Node, Deno and Bun also `unix:/a/socket`. */
  baseUrl: string;
  token?: string;
}

export interface SandboxAgentStartOptions extends ClientOptions {
  /** How to start the daemon. */
  spawn?: SandboxAgentSpawnOptions | boolean;
}

const UNIX = "unix:";

/** Throws `TypeError` when the address is none. */
export async function serverOf(options: ClientOptions, baseUrl: string, token: string | undefined): Promise<Server> {
  const server = {
    baseUrl: baseUrl.replace(/\/+$/, ""),
    token,
    headers: new Headers(options.headers),
    timeoutMs: options.timeoutMs ?? 30_000,
    retries: options.retries ?? 2,
    reconnects: options.reconnects ?? 10,
  };
  const path = baseUrl.startsWith(UNIX) ? baseUrl.slice(UNIX.length) : undefined;
  if (!path && !/^https?:\/\/[^/]/.test(baseUrl)) {
    throw new TypeError(`"${baseUrl}" is not the URL of a server, as in http://127.0.0.1:2468`);
  }
  if (!path) return { ...server, fetch: options.fetch ?? globalThis.fetch.bind(globalThis) };
  const root = "http://localhost";
  if (options.fetch) return { ...server, root, fetch: options.fetch };
  const { socketFetch } = await import("./node/index.js");
  return { ...server, root, fetch: socketFetch(path) };
}
