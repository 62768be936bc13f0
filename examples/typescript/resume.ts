/**
 * Finish a task though the daemon may die: `npx tsx resume.ts claude work "Refactor this folder"`.
 *
 * Every event is in the store. A new daemon knows nothing of the session, but the agent kept the conversation itself, under
 * the native id that each event carries: the next session goes on with that one.
 */
import { ConnectionFailed, SandboxAgent, type Store, Transcript } from "sandbox-agent";
import { read } from "sandbox-agent/stores";
import { FileStore } from "sandbox-agent/stores/file";

const SESSION = "work";
const ATTEMPTS = 3;

/** Under which id the agent kept the conversation, as the newest event says that has it. */
async function nativeId(store: Store): Promise<string | undefined> {
  let newest: string | undefined;
  for (const logId of await store.logs(SESSION)) {
    for await (const event of read(store, SESSION, { logId })) newest = event.native_session_id ?? newest;
  }
  return newest;
}

/** One turn of a daemon of our own. Throws `ConnectionFailed` when that dies. */
async function work(store: Store, agent: string, message: string): Promise<void> {
  const client = await SandboxAgent.start({ store });
  try {
    const resume = await nativeId(store);
    const session = await client.createSession(SESSION, { agent, ...(resume ? { resume } : {}) });
    for await (const event of session.send(message, { onPermission: () => "once" })) {
      if (event.type === "item.delta") process.stdout.write(event.data.delta);
    }
    console.log();
  } finally {
    await client.dispose();
  }
}

/** Show what was said, by whichever daemon. */
async function replay(store: Store): Promise<void> {
  for (const logId of await store.logs(SESSION)) {
    const transcript = new Transcript();
    for await (const event of read(store, SESSION, { logId })) transcript.feed(event);
    for (const { role, status, content } of transcript.items) {
      const words = content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join(" ");
      console.log(`${role} (${status}): ${words}`);
    }
  }
}

const [agent = "claude", folder = "work", task = "Say hello"] = process.argv.slice(2);
const store = new FileStore(folder);
let message = task;
for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
  try {
    await work(store, agent, message);
    break;
  } catch (error) {
    if (!(error instanceof ConnectionFailed)) throw error;
    console.log("\n-- the daemon is gone, a new one goes on --");
    message = "You were interrupted. Go on where you stopped.";
  }
}
await replay(store);
await store.close();
