/** Files on the daemon's machine. */
import { get, json, post } from "./calls.js";
import type { Http } from "./http.js";
import { Stream } from "./streams.js";
import type * as types from "./types.js";
import type { Call, Query } from "./wire.js";

/**
 * Bytes to upload: text, a buffer, a blob; or, where `fetch` can send as it reads (not in every browser), a stream or
 * anything that gives pieces, as a file that Node has opened to be read.
 */
export type FileBody = BodyInit | AsyncIterable<Uint8Array>;

/** Relative paths begin at the session's directory, or without a session at the home directory. */
export class Files {
  readonly #http: Http;
  readonly #sessionId: string | undefined;

  /** @internal */
  constructor(http: Http, sessionId?: string) {
    this.#http = http;
    this.#sessionId = sessionId;
  }

  /** The entries of a folder. */
  entries(path?: string): Promise<types.FsEntry[]> {
    return this.#http.request(entries(this.#at({ path })));
  }

  /** What a path is. */
  stat(path: string): Promise<types.FsStat> {
    return this.#http.request(stat(this.#at({ path })));
  }

  /** The bytes of a file. */
  read(path: string): Promise<Uint8Array> {
    return this.#http.request(read(this.#at({ path })));
  }

  /** A file in pieces, as they come; leaving it closes the connection. */
  stream(path: string, options: { signal?: AbortSignal } = {}): Stream<Uint8Array> {
    const call = { ...read(this.#at({ path })), read: async (response: Response) => response };
    return new Stream((signal) => this.#http.chunks(call, signal), options.signal);
  }

  /** Write a file to one of this machine, which appears whole or not at all. Needs Node, Deno or Bun. */
  async download(path: string, target: string): Promise<void> {
    const { save } = await import("./node/index.js");
    await save(this.stream(path), target);
  }

  /** The text of a file, read as UTF-8. */
  async readText(path: string): Promise<string> {
    return new TextDecoder().decode(await this.read(path));
  }

  /** Write a file, whole or not at all; folders on the way are made. */
  write(path: string, body: FileBody): Promise<types.FsWritten> {
    return this.#http.request(write(this.#at({ path }), body));
  }

  /** Delete a file or folder; a folder that is not empty only with `recursive`. */
  delete(path: string, options: { recursive?: boolean } = {}): Promise<types.FsPath> {
    return this.#http.request(remove(this.#at({ path, ...options })));
  }

  /** Make a folder and those above it. */
  mkdir(path: string): Promise<types.FsPath> {
    return this.#http.request(mkdir(this.#at({ path })));
  }

  /** Move or rename; refuses to replace something unless `overwrite`. */
  move(from: string, to: string, options: { overwrite?: boolean } = {}): Promise<types.FsMoved> {
    return this.#http.request(move({ from, to, ...options }, this.#at({})));
  }

  /** Unpack a tar archive into a folder. */
  unpack(archive: FileBody, path?: string): Promise<types.FsUnpacked> {
    return this.#http.request(upload(archive, this.#at({ path })));
  }

  #at(query: Query): Query {
    return { ...query, sessionId: this.#sessionId };
  }
}

export const entries = (query?: Query): Call<types.FsEntry[]> => get("/v1/fs/entries", query);
export const stat = (query: Query): Call<types.FsStat> => get("/v1/fs/stat", query);

export const read = (query: Query): Call<Uint8Array> => ({
  method: "GET",
  path: "/v1/fs/file",
  query,
  accept: "application/octet-stream",
  read: async (response) => new Uint8Array(await response.arrayBuffer()),
  idempotent: true,
  timeoutMs: TRANSFER_MS,
});

export const write = (query: Query, body: FileBody): Call<types.FsWritten> => ({
  method: "PUT",
  path: "/v1/fs/file",
  query,
  body: bodyOf(body),
  contentType: "application/octet-stream",
  read: json,
  timeoutMs: TRANSFER_MS,
});

export const remove = (query: Query): Call<types.FsPath> => ({
  method: "DELETE",
  path: "/v1/fs/entry",
  query,
  read: json,
});

export const mkdir = (query: Query): Call<types.FsPath> => ({
  method: "POST",
  path: "/v1/fs/mkdir",
  query,
  read: json,
});

export const move = (request: types.FsMoveRequest, query?: Query): Call<types.FsMoved> => ({
  ...post("/v1/fs/move", request),
  query,
  read: json,
});

export const upload = (body: FileBody, query?: Query): Call<types.FsUnpacked> => ({
  method: "POST",
  path: "/v1/fs/upload-batch",
  query,
  body: bodyOf(body),
  contentType: "application/x-tar",
  read: json,
  timeoutMs: TRANSFER_MS,
});

const TRANSFER_MS = 600_000;

/** What `fetch` takes. */
function bodyOf(body: FileBody): BodyInit {
  if (typeof body === "string" || body instanceof ReadableStream || !(Symbol.asyncIterator in body)) return body;
  const pieces = body[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(): Promise<void> {
      await pieces.return?.();
    },
  });
}
