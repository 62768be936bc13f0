/** Which server this page talks to, and how it came to that. */
import { ConnectionFailed, SandboxAgent, TokenInvalid } from "sandbox-agent";
import { type Handed, OWN_SERVER } from "./address";
import { recordingFetch, requests } from "./requests";
import { Store } from "./store";
import { wordsOf } from "./words";

export interface Server {
  endpoint: string;
  token: string;
  headers: Record<string, string>;
}

export interface Connected extends Server {
  client: SandboxAgent;
  /** For what is asked all the time: not recorded. */
  quiet: SandboxAgent;
}

export type Connection =
  | { state: "trying"; server: Server }
  | { state: "asking"; server: Server; problem?: string }
  | { state: "connected"; server: Connected };

const USUAL = "http://localhost:2468";
/** Two pages of one origin may be those of two servers. */
const KEPT = `sandbox-agent.server ${OWN_SERVER}`;

export const connection = new Store<Connection>({ state: "trying", server: serverAt(OWN_SERVER) });

function serverAt(endpoint: string, token = "", headers: Record<string, string> = {}): Server {
  return { endpoint, token, headers };
}

/** Connect to what the address handed over, what this tab was connected to, this page's own server, or the usual one. */
export async function autoConnect(handed: Handed): Promise<void> {
  const { token = "", headers = {} } = handed;
  const kept = remembered();
  if (handed.url || token || handed.headers) {
    return void (await connect(serverAt(handed.url ?? OWN_SERVER, token, headers)));
  }
  if (kept) return void (await connect(kept));
  if (!(await connect(serverAt(OWN_SERVER), true))) await connect(serverAt(USUAL), true);
}

/** Whether it worked. `quietly`: a server that is not there is no news. */
export async function connect(server: Server, quietly = false): Promise<boolean> {
  connection.set({ state: "trying", server });
  try {
    const options = { baseUrl: server.endpoint.trim(), token: server.token.trim(), headers: server.headers };
    if (!options.token) delete (options as { token?: string }).token;
    // Who looks at the page should know soon that a connection is lost; it is tried again for as long as they look.
    const impatient = { ...options, retries: 0, reconnects: 3 };
    const client = await SandboxAgent.connect({ ...impatient, fetch: recordingFetch });
    const quiet = await SandboxAgent.connect(impatient);
    await client.getHealth();
    await client.listSessions();
    remember(server);
    connection.set({ state: "connected", server: { ...server, client, quiet } });
    return true;
  } catch (error) {
    const silent = quietly && !(error instanceof TokenInvalid);
    const problem = silent ? {} : { problem: explained(error, server) };
    connection.set({ state: "asking", server, ...problem });
    return error instanceof TokenInvalid;
  }
}

export function disconnect(): void {
  const now = connection.get();
  sessionStorage.removeItem(KEPT);
  requests.set([]);
  connection.set({ state: "asking", server: serverAt(now.server.endpoint) });
}

/** What went wrong, and what to do, in words for people. */
export function explained(error: unknown, server: Server): string {
  if (error instanceof TokenInvalid) {
    return server.token ? "The server does not know this token." : "This server asks for a token.";
  }
  if (error instanceof ConnectionFailed) {
    const mixed = location.protocol === "https:" && server.endpoint.startsWith("http:");
    const away = new URL(server.endpoint, location.href).origin !== location.origin;
    if (mixed) return "A page from an https address may not talk to an http server. Open the Inspector from the server itself.";
    if (away) {
      return `No answer from ${server.endpoint}. If it runs, it must allow this page: --cors-allow-origin ${location.origin}`;
    }
    return `No answer from ${server.endpoint}. Does the server run?`;
  }
  return wordsOf(error);
}

/** For this tab only, so that a reload needs no token again. */
function remember({ endpoint, token, headers }: Server): void {
  sessionStorage.setItem(KEPT, JSON.stringify({ endpoint, token, headers }));
}

function remembered(): Server | undefined {
  const text = sessionStorage.getItem(KEPT);
  return text ? (JSON.parse(text) as Server) : undefined;
}
