/** On this machine: `start()` runs a daemon that ends with this program. */
import { SandboxAgent } from "sandbox-agent";
import { firstTurn } from "./first_turn.ts";

const client = await SandboxAgent.start();
try {
  await firstTurn({ baseUrl: client.baseUrl, token: client.token ?? "" });
} finally {
  await client.dispose();
}
