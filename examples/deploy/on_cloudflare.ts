/** In a Cloudflare sandbox, through the Worker in `cloudflare/`. Needs WORKER_URL and SANDBOX_AGENT_TOKEN. */
import { randomBytes } from "node:crypto";
import { firstTurn } from "./first_turn.ts";

const token = process.env.SANDBOX_AGENT_TOKEN ?? "";
const sandbox = `${process.env.WORKER_URL}/sandboxes/${randomBytes(8).toString("hex")}`;
try {
  await firstTurn({ baseUrl: sandbox, token });
} finally {
  await fetch(sandbox, { method: "DELETE", headers: { authorization: `Bearer ${token}` } });
}
