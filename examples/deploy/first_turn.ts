/** What comes after the sandbox, wherever it is: wait for the server, create a session, run a turn. */
import { SandboxAgent, type SandboxAgentConnectOptions } from "sandbox-agent";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A sandbox and the way to it take a while; until then a provider's proxy answers with errors of its own. */
async function waitUntilHealthy(client: SandboxAgent, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      await client.getHealth();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(500);
    }
  }
}

/** Talk to the server at `baseUrl`; `headers` are what the provider's own proxy asks for. */
export async function firstTurn(server: SandboxAgentConnectOptions, agent = "mock", seconds = 120): Promise<void> {
  const client = await SandboxAgent.connect(server);
  await waitUntilHealthy(client, seconds);
  const session = await client.createSession("first", { agent });
  const turn = await session.send("hello").wait();
  console.log(turn.text);
  console.log("--", turn.reason);
  await session.terminate();
}
