/** Requests to a unix socket, made as `fetch` makes them: the global one knows only addresses with a host. */
import { type ClientRequest, type IncomingMessage, request as open } from "node:http";
import { pipeline, Readable } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";

/** So long is waited for a server that never says whether it wants the body. */
const CONTINUE_MS = 1_000;
const WITHOUT_BODY = new Set([204, 205, 304]);

/**
 * A `fetch` that asks the socket at `path`, whatever host an address names.
 *
 * Each request has a connection of its own: on a socket that costs next to nothing, and one that is used again may just
 * have been closed by the server, when a message cannot be sent twice.
 */
export function socketFetch(path: string): typeof fetch {
  return (input, init) => send(path, new Request(input, init), init?.body);
}

function send(socketPath: string, request: Request, given: unknown): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const { method, signal, body } = request;
  const headers: Record<string, string> = {};
  request.headers.forEach((value, name) => (headers[name] = value));
  if (body && typeof given !== "string") headers.expect = "100-continue";
  const options = { socketPath, agent: false as const, method, headers, signal, path: pathname + search };
  return new Promise((resolve, reject) => {
    const outgoing = open(options, (incoming) => {
      incoming.on("close", () => outgoing.destroy());
      resolve(responseOf(incoming));
    });
    outgoing.on("error", reject);
    if (!body || typeof given === "string") outgoing.end(given);
    else sendWhenWanted(outgoing, body, reject);
  });
}

/** A server that refuses an upload hangs up; who writes on gets an error instead of the refusal, so ask before. */
function sendWhenWanted(outgoing: ClientRequest, body: ReadableStream, failed: (error: unknown) => void): void {
  const content = Readable.fromWeb(body as NodeStream);
  const go = (): void => {
    clearTimeout(timer);
    outgoing.off("continue", go);
    pipeline(content, outgoing, (error) => error && failed(error));
  };
  const timer = setTimeout(go, CONTINUE_MS);
  outgoing.once("continue", go);
  outgoing.once("response", () => clearTimeout(timer));
  outgoing.once("close", () => {
    clearTimeout(timer);
    content.destroy();
  });
  outgoing.flushHeaders();
}

function responseOf(incoming: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headersDistinct)) {
    for (const each of value ?? []) headers.append(name, each);
  }
  const status = incoming.statusCode ?? 0;
  if (WITHOUT_BODY.has(status)) {
    incoming.resume();
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(incoming) as ReadableStream<Uint8Array>, { status, headers });
}
