/** In a Daytona sandbox. Needs DAYTONA_API_KEY. */
import { randomBytes } from "node:crypto";
import { Daytona } from "@daytonaio/sdk";
import { firstTurn } from "./first_turn.ts";

const PORT = 2468;
/** The sandbox is thrown away, so it does not matter whether its Python is the system's own. */
const INSTALL = "PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install --quiet sandbox-agent-py";
const token = randomBytes(32).toString("base64url");
const keys = { SANDBOX_AGENT_TOKEN: token, ANTHROPIC_API_KEY: process.env.ANTHROPIC_API_KEY ?? "" };
const daytona = new Daytona();
const sandbox = await daytona.create({ language: "python", envVars: keys, public: false });
try {
  const installed = await sandbox.process.executeCommand(INSTALL, undefined, undefined, 300);
  if (installed.exitCode !== 0) throw new Error(installed.result);
  await sandbox.process.createSession("server");
  const server = `python3 -m sandbox_agent server --host 0.0.0.0 --port ${PORT}`;
  await sandbox.process.executeSessionCommand("server", { command: server, runAsync: true });
  const preview = await sandbox.getPreviewLink(PORT);
  await firstTurn({ baseUrl: preview.url, token, headers: { "x-daytona-preview-token": preview.token } });
} finally {
  await sandbox.delete();
}
