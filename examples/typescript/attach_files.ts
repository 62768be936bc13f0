/**
 * Ask about files of this machine: `npx tsx attach_files.ts claude "What is wrong here?" app.py error.log`.
 *
 * They are uploaded into the session's folder first, as if the server were elsewhere.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { SandboxAgent } from "sandbox-agent";

const [agent = "mock", message = "hello", ...names] = process.argv.slice(2);
const directory = await mkdtemp(join(tmpdir(), "attached-"));
const client = await SandboxAgent.start();
const session = await client.createSession("attached", { agent, directory });

const attachments: string[] = [];
for (const name of names) {
  const written = await session.files.write(basename(name), await readFile(name));
  attachments.push(written.path);
}
const { text, reason } = await session.send(message, { attachments }).wait();
console.log(text || reason);

await client.dispose();
await rm(directory, { recursive: true });
