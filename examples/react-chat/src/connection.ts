/** Where the conversation is, and which one is ours. */
import { SandboxAgent, type Session, SessionNotFound } from "sandbox-agent";

const REMEMBERED = "chat";

/**
 * The session of this browser, made if there is none yet.
 *
 * Usually at the backend that served the page, which keeps the daemon's token to itself. While you develop it may be a
 * daemon itself: `#url=http://127.0.0.1:2468&token=...&agent=claude`, started with `--cors-allow-origin` for this page.
 */
export async function openSession(): Promise<Session> {
  const named = new URLSearchParams(location.hash.slice(1));
  const token = named.get("token");
  const client = await SandboxAgent.connect({
    baseUrl: named.get("url") ?? location.origin,
    ...(token ? { token } : {}),
  });
  const remembered = localStorage.getItem(REMEMBERED);
  if (remembered && (await isThere(client, remembered))) return client.session(remembered);
  const id = crypto.randomUUID();
  localStorage.setItem(REMEMBERED, id);
  return client.createSession(id, { agent: named.get("agent") ?? "mock" });
}

/** Sessions live in the daemon's memory: they are gone when it was started again. */
async function isThere(client: SandboxAgent, id: string): Promise<boolean> {
  try {
    await client.getSession(id);
    return true;
  } catch (error) {
    if (error instanceof SessionNotFound) return false;
    throw error;
  }
}

/** The next `openSession` makes a new one. */
export function forgetSession(): void {
  localStorage.removeItem(REMEMBERED);
}
