/**
 * Keep a session's events in a file as they come, and go on where it ends: `node persist_and_replay.js URL SESSION FILE`.
 *
 * Each event is one line of JSON. Start it again after a crash and nothing is missing or twice.
 */
import { appendFile, readFile } from "node:fs/promises";
import { SandboxAgent, Transcript } from "sandbox-agent";

const [baseUrl, id, file] = process.argv.slice(2);
const token = process.env.SANDBOX_AGENT_TOKEN;
const client = await SandboxAgent.connect({ baseUrl, ...(token ? { token } : {}) });

const kept = (await readFile(file, "utf8").catch(() => "")).split("\n").filter(Boolean).map((line) => JSON.parse(line));
const transcript = new Transcript();
for (const event of kept) transcript.feed(event);

for await (const event of client.session(id).stream({ offset: kept.at(-1)?.sequence ?? 0 })) {
  await appendFile(file, `${JSON.stringify(event)}\n`);
  transcript.feed(event);
}
for (const item of transcript.items) {
  console.log(`${item.role}: ${item.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join(" ")}`);
}
