/** In an E2B sandbox. Needs E2B_API_KEY. */
import { randomBytes } from "node:crypto";
import { Sandbox } from "e2b";
import { firstTurn } from "./first_turn.ts";

const PORT = 2468;
/** The sandbox is thrown away, so it does not matter whether its Python is the system's own. */
const INSTALL = "PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install --quiet sandbox-agent-py";
const token = randomBytes(32).toString("base64url");
const keys = { SANDBOX_AGENT_TOKEN: token, ANTHROPIC_API_KEY: process.env.ANTHROPIC_API_KEY ?? "" };
const sandbox = await Sandbox.create({ timeoutMs: 3_600_000, network: { allowPublicTraffic: false } });
try {
  await sandbox.commands.run(INSTALL, { timeoutMs: 300_000 });
  const server = `python3 -m sandbox_agent server --host 0.0.0.0 --port ${PORT}`;
  await sandbox.commands.run(server, { background: true, envs: keys, timeoutMs: 0 });
  await firstTurn({
    baseUrl: `https://${sandbox.getHost(PORT)}`,
    token,
    headers: { "e2b-traffic-access-token": sandbox.trafficAccessToken ?? "" },
  });
} finally {
  await sandbox.kill();
}
