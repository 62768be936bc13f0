// What the guide's Worker uses of @cloudflare/sandbox, with processes of this machine instead of containers.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export class Sandbox {}
const sandboxes = new Map();

class Local {
  #process;
  #command;
  #port;

  async listProcesses() {
    return this.#process ? [{ command: this.#command, status: this.#process.exitCode === null ? "running" : "completed" }] : [];
  }

  async startProcess(command, { env }) {
    const [name, ...words] = command.replace("0.0.0.0", "127.0.0.1").replace("2468", "0").split(" ");
    if (name !== "sandbox-agent") throw new Error(`not in the image: ${name}`);
    this.#command = command;
    this.#process = spawn(process.env.SANDBOX_AGENT_BIN, words, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "ignore"] });
    for await (const line of createInterface({ input: this.#process.stdout })) {
      this.#port = Number(/:(\d+)/.exec(line)[1]);
      break;
    }
    console.log("started");
    return { waitForPort: async (port, { path, status }) => {
      const said = await this.containerFetch(new Request(`http://sandbox${path}`), port);
      if (said.status !== status) throw new Error(`${path} said ${said.status}`);
    } };
  }

  async containerFetch(request, port) {
    if (port !== 2468) throw new Error(`nothing listens on ${port}`);
    const url = new URL(request.url);
    url.host = `127.0.0.1:${this.#port}`;
    return fetch(new Request(url, request));
  }

  async destroy() {
    this.#process?.kill();
    console.log("destroyed");
  }
}

export function getSandbox(_namespace, name) {
  if (!sandboxes.has(name)) sandboxes.set(name, new Local());
  return sandboxes.get(name);
}
