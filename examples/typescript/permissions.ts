/** Permissions in the terminal, with what the agent wants to do: `npx tsx permissions.ts claude "Tidy up"`. */
import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline/promises";
import { type PermissionReply, type PermissionRequested, SandboxAgent } from "sandbox-agent";

const ANSWERS: Record<string, PermissionReply> = { y: "once", a: "always", n: "reject" };

const [agent = "mock", message = "permission"] = process.argv.slice(2);
const terminal = createInterface({ input: stdin });
const lines = terminal[Symbol.asyncIterator]();

/** Show it, and ask until the answer is one of three. */
async function onPermission(request: PermissionRequested): Promise<PermissionReply> {
  console.log(`\nThe agent asks for: ${request.action}`);
  console.log(JSON.stringify(request.metadata, null, 2));
  for (;;) {
    stdout.write("[y]es once, [a]lways, [n]o? ");
    const { value, done } = await lines.next();
    if (done) return "reject";
    const reply = ANSWERS[value];
    if (reply) return reply;
    console.log("y, a or n, please.");
  }
}

const client = await SandboxAgent.start();
const session = await client.createSession("asks", { agent });
const { text, reason } = await session.send(message, { onPermission }).wait();
console.log(text || reason);
terminal.close();
await client.dispose();
