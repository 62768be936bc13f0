/** Bring a file to where the agent works, and send it along: `node attach_files.js notes.txt "What is in it?" claude`. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { SandboxAgent } from "sandbox-agent";

const [file, question, agent = "mock"] = process.argv.slice(2);
const client = await SandboxAgent.start();
const session = await client.createSession("attach", { agent });
const { path } = await session.files.write(`attached/${basename(file)}`, await readFile(file));
console.log((await session.send(question, { attachments: [path] }).wait()).text);
await client.dispose();
