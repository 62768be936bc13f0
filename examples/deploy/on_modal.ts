/** In a Modal sandbox. Needs MODAL_TOKEN_ID and MODAL_TOKEN_SECRET, or `modal setup`. */
import { randomBytes } from "node:crypto";
import { ModalClient } from "modal";
import { firstTurn } from "./first_turn.ts";

const PORT = 2468;
const token = randomBytes(32).toString("base64url");
const keys = { SANDBOX_AGENT_TOKEN: token, ANTHROPIC_API_KEY: process.env.ANTHROPIC_API_KEY ?? "" };
const modal = new ModalClient();
const app = await modal.apps.fromName("sandbox-agent", { createIfMissing: true });
const image = modal.images
  .fromRegistry("python:3.12-slim")
  .dockerfileCommands(["RUN apt-get update && apt-get install -y git npm", "RUN pip install sandbox-agent-py"]);
const sandbox = await modal.sandboxes.create(app, image, {
  command: `sandbox-agent server --host 0.0.0.0 --port ${PORT}`.split(" "),
  secrets: [await modal.secrets.fromObject(keys)],
  encryptedPorts: [PORT],
  timeoutMs: 3_600_000,
});
try {
  const tunnel = (await sandbox.tunnels())[PORT];
  if (tunnel === undefined) throw new Error(`Modal made no tunnel to port ${PORT}`);
  await firstTurn({ baseUrl: tunnel.url, token });
} finally {
  await sandbox.terminate();
}
