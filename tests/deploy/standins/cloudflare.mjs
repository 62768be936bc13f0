// Stands in for Cloudflare: runs the guide's Worker in Node, its sandboxes as processes of this machine.
// node cloudflare.mjs WORKER COMMAND, with SANDBOX_AGENT_TOKEN. Prints its address; then a line for each start and end.
import { createServer } from "node:http";
import { Readable } from "node:stream";

const [, , worker] = process.argv;
const { default: handler } = await import(worker);
const { SANDBOX_AGENT_TOKEN } = process.env;
const env = { Sandbox: {}, SANDBOX_AGENT_TOKEN, ANTHROPIC_API_KEY: "" };

const server = createServer(async (asked, answer) => {
  const url = `http://127.0.0.1:${server.address().port}${asked.url}`;
  const body = ["GET", "HEAD", "DELETE"].includes(asked.method) ? undefined : Readable.toWeb(asked);
  const request = new Request(url, { method: asked.method, headers: asked.headers, body, duplex: "half" });
  try {
    const said = await handler.fetch(request, env);
    answer.writeHead(said.status, Object.fromEntries(said.headers));
    if (said.body) Readable.fromWeb(said.body).on("error", () => answer.destroy()).pipe(answer);
    else answer.end();
  } catch (error) {
    console.error(error);
    answer.writeHead(500).end(String(error));
  }
});
process.on("SIGTERM", () => process.exit(0)); // which ends the sandboxes too
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
