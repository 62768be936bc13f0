/**
 * A plain backend between browsers and an agent: `PORT=8000 npx tsx web_backend.ts`.
 *
 * The browser never sees the daemon or its token. It posts messages and answers, and reads events with `EventSource`,
 * which reconnects and tells the last id it has; the relay goes on after that one.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiError, type PermissionReply, SandboxAgent } from "sandbox-agent";

const PAGE = `<!doctype html><title>Chat</title><pre id="log"></pre>
<form><input name="text" autofocus> <button>Send</button></form>
<script>
const log = document.getElementById("log"), post = (path, body) =>
  fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
new EventSource("events").onmessage = ({ data }) => {
  const { type, data: said } = JSON.parse(data);
  if (type === "item.delta") log.append(said.delta);
  if (type === "turn.ended") log.append("\\n");
  if (type === "permission.requested")
    post("permissions/" + said.permission_id, { reply: confirm(said.action) ? "once" : "reject" });
};
document.forms[0].onsubmit = (event) => {
  event.preventDefault();
  post("messages", { text: event.target.text.value });
  event.target.reset();
};
</script>`;

const client = await SandboxAgent.start();
const session = await client.createSession("web", { agent: "mock" });

/** What the browser sent as JSON. A page of another origin cannot send this type without asking first. */
async function bodyOf<T>(request: IncomingMessage): Promise<T> {
  if (request.headers["content-type"] !== "application/json") throw new SyntaxError("application/json, please");
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return JSON.parse(text) as T;
}

/** Pass on all events after the last one that the browser has, until it goes away. */
async function relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  response.writeHead(200, { "content-type": "text/event-stream" });
  const offset = Number(request.headers["last-event-id"] ?? 0);
  for await (const event of session.stream({ offset, signal: gone.signal })) {
    const free = response.write(`id: ${event.sequence}\ndata: ${JSON.stringify(event)}\n\n`);
    if (!free) await once(response, "drain", { signal: gone.signal }); // a slow browser is waited for
  }
  response.end();
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, path = "", id = ""] = (request.url ?? "").split("/");
  switch (`${request.method} ${path}`) {
    case "GET ":
      response.setHeader("content-type", "text/html; charset=utf-8").end(PAGE);
      break;
    case "GET events":
      return relay(request, response);
    case "POST messages":
      await session.send((await bodyOf<{ text: string }>(request)).text);
      response.writeHead(202).end();
      break;
    case "POST permissions":
      await session.answerPermission(id, (await bodyOf<{ reply: PermissionReply }>(request)).reply);
      response.writeHead(204).end();
      break;
    default:
      response.writeHead(404).end();
  }
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    if (response.headersSent) return response.destroy();
    const status = error instanceof ApiError ? error.status : error instanceof SyntaxError ? 400 : 500;
    return response.writeHead(status).end(String(error));
  });
});
server.listen(Number(process.env.PORT ?? 8000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on("SIGTERM", async () => {
  await client.dispose();
  process.exit();
});
