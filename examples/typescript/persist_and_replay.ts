/**
 * Keep a conversation in a folder and show it later: `npx tsx persist_and_replay.ts chats "hello"`.
 *
 * Without a message it shows what is in the folder; no server is needed for that.
 */
import { SandboxAgent, type Store, Transcript } from "sandbox-agent";
import { read } from "sandbox-agent/stores";
import { FileStore } from "sandbox-agent/stores/file";

/** One turn; each event is in the store before it is shown. */
async function talk(store: Store, message: string): Promise<void> {
  const client = await SandboxAgent.start({ store });
  const session = await client.createSession("chat", { agent: "mock" });
  await session.send(message).wait();
  await client.dispose();
}

/** Every conversation in the store, oldest first. */
async function replay(store: Store): Promise<void> {
  for (const logId of await store.logs("chat")) {
    const transcript = new Transcript();
    for await (const event of read(store, "chat", { logId })) transcript.feed(event);
    for (const { role, content } of transcript.items) {
      console.log(`${role}: ${content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join(" ")}`);
    }
  }
}

const [folder = "chats", ...messages] = process.argv.slice(2);
const store = new FileStore(folder);
for (const message of messages) await talk(store, message);
await replay(store);
await store.close();
