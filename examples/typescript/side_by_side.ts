/** One task, several agents at once: `npx tsx side_by_side.ts "Explain this folder" claude mock`. */
import { SandboxAgent } from "sandbox-agent";

const [task = "hello", ...agents] = process.argv.slice(2);
const client = await SandboxAgent.start();

/** What one agent makes of the task; it may not change anything. Shown when it is there. */
async function ask(agent: string, number: number): Promise<void> {
  const session = await client.createSession(`${agent}-${number}`, { agent });
  const { text, reason } = await session.send(task, { onPermission: () => "reject" }).wait();
  console.log(`${agent}: ${text || reason}`);
}

await Promise.all((agents.length ? agents : ["mock", "mock"]).map(ask));
await client.dispose();
