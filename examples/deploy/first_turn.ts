/** What comes after the sandbox, wherever it is: wait for the server, create a session, run a turn. */
import { SandboxAgent, type SandboxAgentConnectOptions } from "sandbox-agent";

/** Talk to the server at `baseUrl`; `headers` are what the provider's own proxy asks for. */
export async function firstTurn(server: SandboxAgentConnectOptions, agent = "mock", seconds = 120): Promise<void> {
  const client = await SandboxAgent.connect(server);
  await client.waitUntilReady({ agents: [agent], timeoutMs: seconds * 1000 });
  const session = await client.createSession("first", { agent });
  const turn = await session.send("hello").wait();
  console.log(turn.text);
  console.log("--", turn.reason);
  await session.terminate();
}
