/** In a Vercel Sandbox. Needs VERCEL_TOKEN, VERCEL_TEAM_ID and VERCEL_PROJECT_ID, or VERCEL_OIDC_TOKEN. */
import { randomBytes } from "node:crypto";
import { Sandbox } from "@vercel/sandbox";
import { firstTurn } from "./first_turn.ts";

const PORT = 2468;
const token = randomBytes(32).toString("base64url");
const keys = { SANDBOX_AGENT_TOKEN: token, ANTHROPIC_API_KEY: process.env.ANTHROPIC_API_KEY ?? "" };
const sandbox = await Sandbox.create({ ports: [PORT], env: keys, timeout: 3_600_000 });
try {
  const installed = await sandbox.runCommand({
    cmd: "python3",
    args: "-m pip install --quiet sandbox-agent-py".split(" "),
    env: { PIP_BREAK_SYSTEM_PACKAGES: "1" }, // thrown away later, so it may be the system's own Python
  });
  if (installed.exitCode !== 0) throw new Error(await installed.stderr());
  const server = `-m sandbox_agent server --host 0.0.0.0 --port ${PORT}`.split(" ");
  await sandbox.runCommand({ cmd: "python3", args: server, detached: true });
  await firstTurn({ baseUrl: sandbox.domain(PORT), token });
} finally {
  await sandbox.delete();
}
