/**
 * Keep a conversation in a file and show it later: `npx tsx persist_and_replay.ts chat.jsonl "hello"`.
 *
 * Without a message it shows what is in the file; no server is needed for that.
 */
import { appendFile, readFile } from "node:fs/promises";
import { type Event, SandboxAgent, Transcript } from "sandbox-agent";

const [file = "chat.jsonl", ...messages] = process.argv.slice(2);

/** One turn; each event is in the file before it is shown. */
async function talk(message: string): Promise<void> {
  const client = await SandboxAgent.start();
  const session = await client.createSession("chat", { agent: "mock" });
  await session.send(message);
  for await (const event of session.stream()) {
    await appendFile(file, `${JSON.stringify(event)}\n`);
    if (event.type === "turn.ended") break;
  }
  await client.dispose();
}

/** Every conversation in the file, oldest first; a new one begins with sequence 1. */
async function replay(): Promise<void> {
  let transcript = new Transcript();
  const transcripts = [];
  for (const line of (await readFile(file, "utf8")).split("\n").filter(Boolean)) {
    const event = JSON.parse(line) as Event;
    if (event.sequence === 1) transcripts.push((transcript = new Transcript()));
    transcript.feed(event);
  }
  for (const item of transcripts.flatMap((each) => each.items)) {
    console.log(`${item.role}: ${item.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join(" ")}`);
  }
}

for (const message of messages) await talk(message);
await replay();
