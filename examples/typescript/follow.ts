/**
 * Follow a session on a running server, from where you stopped: `npx tsx follow.ts URL SESSION FILE`.
 *
 * The file holds the events that were seen, one a line; start the program again and it goes on after the last one.
 */
import { appendFile, readFile } from "node:fs/promises";
import { SandboxAgent } from "sandbox-agent";

const [baseUrl = "http://127.0.0.1:2468", id = "demo", file = "events.jsonl"] = process.argv.slice(2);
const token = process.env.SANDBOX_AGENT_TOKEN;
const client = await SandboxAgent.connect({ baseUrl, ...(token ? { token } : {}) });

const seen = (await readFile(file, "utf8").catch(() => "")).split("\n").filter(Boolean).length;
for await (const event of client.session(id).stream({ offset: seen })) {
  await appendFile(file, `${JSON.stringify(event)}\n`);
}
