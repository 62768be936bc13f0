/** Requests to a unix socket, made as `fetch` makes them: the global one knows only addresses with a host. */
import { Agent, type IncomingMessage, request as open } from "node:http";
import { pipeline, Readable } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";

/** A `fetch` with connections of its own. */
export interface SocketFetch {
  fetch: typeof fetch;
  /** Close the connections that nobody uses. */
  close: () => void;
}

const WITHOUT_BODY = new Set([204, 205, 304]);

/** The socket at `path` is asked, whatever host an address names. */
export function socketFetch(path: string): SocketFetch {
  const agent = new Agent({ keepAlive: true });
  return {
    fetch: (input, init) => send(path, agent, new Request(input, init)),
    close: () => agent.destroy(),
  };
}

function send(socketPath: string, agent: Agent, request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const { method, signal, body } = request;
  const headers: Record<string, string> = {};
  request.headers.forEach((value, name) => (headers[name] = value));
  const options = { socketPath, agent, method, headers, signal, path: pathname + search };
  return new Promise((resolve, reject) => {
    const outgoing = open(options, (incoming) => resolve(responseOf(incoming)));
    outgoing.on("error", reject);
    if (body) pipeline(Readable.fromWeb(body as NodeStream), outgoing, (error) => error && reject(error));
    else outgoing.end();
  });
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
