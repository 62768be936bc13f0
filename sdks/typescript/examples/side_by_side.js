/** Several agents on one task at once: `node side_by_side.js "Say hello" claude codex`. */
import { SandboxAgent } from "sandbox-agent";

const [task = "hello", ...agents] = process.argv.slice(2);
const client = await SandboxAgent.start();

async function work(agent, index) {
  const session = await client.createSession(`${agent}-${index}`, { agent });
  const { reason, text } = await session.send(task, { onPermission: () => "once", onQuestion: () => false }).wait();
  return `== ${agent}: ${reason}\n${text}\n`;
}

for (const result of await Promise.all(agents.map(work))) console.log(result);
await client.dispose();
