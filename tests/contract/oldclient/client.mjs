// A client as those of the 0.1.x line behave, written from the contract alone: nothing of ours is in it.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";

export class OldError extends Error {
  constructor(status, problem, response) {
    super(problem?.title ?? `Request failed with status ${status}`);
    Object.assign(this, { status, problem, response });
  }
}

export class OldClient {
  constructor({ baseUrl, token, headers = {} }) {
    this.baseUrl = baseUrl.endsWith("/") ? baseUrl.slice(0, -1) : baseUrl;
    this.token = token;
    this.headers = headers;
  }

  static async connect(options) {
    return new OldClient(options);
  }

  static async start({ binary, env, timeoutMs = 15000 }) {
    const port = await freePort();
    const token = randomBytes(24).toString("hex");
    const line = ["server", "--host", "127.0.0.1", "--port", String(port), "--token", token];
    const child = spawn(binary, line, { stdio: ["ignore", "ignore", "inherit"], env });
    const client = new OldClient({ baseUrl: `http://127.0.0.1:${port}`, token });
    client.child = child;
    for (const until = Date.now() + timeoutMs; ; await pause(200)) {
      if (child.exitCode !== null) throw new Error("exited before becoming healthy");
      const answer = await fetch(`${client.baseUrl}/v1/health`, { headers: client.#auth() }).catch(() => undefined);
      if (answer?.ok) return client;
      if (Date.now() > until) throw new Error("Timed out waiting");
    }
  }

  /** SIGTERM, five seconds, SIGKILL. Which of them it was that ended the child. */
  async dispose() {
    const { child } = this;
    if (!child || child.exitCode !== null) return null;
    const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code)));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
    const how = await ended;
    clearTimeout(timer);
    return how;
  }

  getHealth = () => this.#json("GET", "/v1/health");
  listAgents = () => this.#json("GET", "/v1/agents");
  installAgent = (agent, body = {}) => this.#json("POST", `/v1/agents/${id(agent)}/install`, { body });
  getAgentModes = (agent) => this.#json("GET", `/v1/agents/${id(agent)}/modes`);
  getAgentModels = (agent) => this.#json("GET", `/v1/agents/${id(agent)}/models`);
  createSession = (session, body) => this.#json("POST", `/v1/sessions/${id(session)}`, { body });
  listSessions = () => this.#json("GET", "/v1/sessions");
  postMessage = (session, body) => this.#json("POST", `/v1/sessions/${id(session)}/messages`, { body });
  getEvents = (session, query) => this.#json("GET", `/v1/sessions/${id(session)}/events`, { query });
  terminateSession = (session) => this.#json("POST", `/v1/sessions/${id(session)}/terminate`);
  replyQuestion = (session, question, body) =>
    this.#json("POST", `/v1/sessions/${id(session)}/questions/${id(question)}/reply`, { body });
  rejectQuestion = (session, question) =>
    this.#json("POST", `/v1/sessions/${id(session)}/questions/${id(question)}/reject`);
  replyPermission = (session, permission, body) =>
    this.#json("POST", `/v1/sessions/${id(session)}/permissions/${id(permission)}/reply`, { body });

  getEventsSse = (session, query, signal) =>
    this.#request("GET", `/v1/sessions/${id(session)}/events/sse`, { query, signal, accept: "text/event-stream" });
  postMessageStream = (session, body, query, signal) =>
    this.#request("POST", `/v1/sessions/${id(session)}/messages/stream`, {
      body,
      query,
      signal,
      accept: "text/event-stream",
    });
  streamEvents = (session, query, signal) => parsed(this.getEventsSse(session, query, signal));
  streamTurn = (session, body, query, signal) => parsed(this.postMessageStream(session, body, query, signal));

  listFsEntries = (query) => this.#json("GET", "/v1/fs/entries", { query });
  statFs = (query) => this.#json("GET", "/v1/fs/stat", { query });
  deleteFsEntry = (query) => this.#json("DELETE", "/v1/fs/entry", { query });
  mkdirFs = (query) => this.#json("POST", "/v1/fs/mkdir", { query });
  moveFs = (body, query) => this.#json("POST", "/v1/fs/move", { body, query });
  writeFsFile = (query, bytes) => this.#json("PUT", "/v1/fs/file", { query, bytes, type: "application/octet-stream" });
  uploadFsBatch = (bytes, query) =>
    this.#json("POST", "/v1/fs/upload-batch", { query, bytes, type: "application/x-tar" });
  async readFsFile(query) {
    const answer = await this.#request("GET", "/v1/fs/file", { query, accept: "application/octet-stream" });
    return new Uint8Array(await answer.arrayBuffer());
  }

  #auth() {
    return this.token ? { Authorization: `Bearer ${this.token}` } : {};
  }

  async #json(method, path, options = {}) {
    const answer = await this.#request(method, path, { accept: "application/json", ...options });
    const text = answer.status === 204 ? "" : await answer.text();
    return text ? JSON.parse(text) : undefined;
  }

  async #request(method, path, { body, bytes, type, query, accept, signal }) {
    const url = new URL(`${this.baseUrl}${path}`);
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
    const headers = { ...this.headers, ...this.#auth(), Accept: accept };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (bytes !== undefined) headers["Content-Type"] = type;
    const content = bytes ?? (body === undefined ? undefined : JSON.stringify(body));
    const answer = await fetch(url, { method, headers, body: content, signal });
    if (answer.ok) return answer;
    const problem = await answer.json().catch(() => undefined);
    throw new OldError(answer.status, problem, answer);
  }
}

/** Events as the old parser finds them: line ends mended chunk by chunk, only `data:` lines, a last half one dropped. */
async function* parsed(response) {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of (await response).body) {
    rest += decoder.decode(chunk, { stream: true }).replace(/\r\n/g, "\n");
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const lines = block.split("\n").filter((line) => line.startsWith("data:"));
      const payload = lines.map((line) => line.slice(5).trim()).join("\n");
      if (payload) yield JSON.parse(payload);
    }
  }
}

const id = encodeURIComponent;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
