import type { SessionInfo } from "sandbox-agent";
import { show } from "../lib/address";
import type { Connected } from "../lib/connection";
import { newId } from "../lib/ids";
import type { Sessions } from "../lib/sessions";

/** Begin another session with this one's conversation, up to the end of a turn or of the last one, and look at it. */
export async function forkFrom(server: Connected, sessions: Sessions, info: SessionInfo, turnId?: string): Promise<void> {
  const title = `${info.title || info.sessionId} (fork)`;
  const forked = await server.client.session(info.sessionId).fork(newId(), { title, ...(turnId ? { turnId } : {}) });
  await sessions.refresh();
  show({ name: "sessions", id: forked.id });
}
