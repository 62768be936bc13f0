// What the guide's Worker uses of @cloudflare/sandbox, with processes of this machine instead of containers.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export class Sandbox {}
const sandboxes = new Map();

class Local {
  #process;
  #id;
  #port;

  async getProcess(id) {
    return this.#port && id === this.#id ? this.#handle() : null;
  }

  async startProcess(command, { env, processId }) {
    if (processId === this.#id) throw new Error(`there is a process ${processId} already`);
    this.#id = processId;
    const [name, ...words] = command.replace("0.0.0.0", "127.0.0.1").replace("2468", "0").split(" ");
    if (name !== "sandbox-agent") throw new Error(`not in the image: ${name}`);
    this.#process = spawn(process.env.SANDBOX_AGENT_BIN, words, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "ignore"] });
    process.on("exit", () => this.#process.kill());
    for await (const line of createInterface({ input: this.#process.stdout })) {
      this.#port = Number(/:(\d+)/.exec(line)[1]);
      break;
    }
    console.log("started");
    return this.#handle();
  }

  #handle() {
    const waitForPort = async (port, { path, status }) => {
      const said = await this.containerFetch(new Request(`http://sandbox${path}`), port);
      if (said.status !== status) throw new Error(`${path} said ${said.status}`);
    };
    return { status: this.#process.exitCode === null ? "running" : "completed", waitForPort };
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
