/**
 * Embedded mode: a daemon of our own on loopback that cannot outlive us.
 *
 * Its standard input is a pipe that we hold: when we end, in whatever way, it is closed and the daemon stops. It takes
 * a free port by itself and says which.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { ConnectionFailed } from "../errors.js";
import type { OwnDaemon } from "../http.js";
import { findDaemon, type Found } from "./find.js";
import type { SandboxAgentSpawnLogMode, SandboxAgentSpawnOptions } from "./options.js";

export { findDaemon, type FindOptions, type Found } from "./find.js";
export type { SandboxAgentSpawnLogMode, SandboxAgentSpawnOptions } from "./options.js";

const UP_MS = 15_000;
const DOWNLOAD_MS = 300_000;
const CLOSE_MS = 5_000;
const TAIL = 4_000;

/** A running daemon and how to reach it. */
export class Daemon implements OwnDaemon {
  baseUrl = "";
  readonly #words: Words;

  constructor(
    readonly process: ChildProcess,
    readonly token: string,
    words: Words,
  ) {
    this.#words = words;
  }

  failure(): string | undefined {
    const { exitCode, signalCode } = this.process;
    if (exitCode === null && signalCode === null) return undefined;
    return `the daemon ended with ${signalCode ?? `exit status ${exitCode}`}${this.#words.tail}`;
  }

  /** Ask it to stop, give it 5 s, then kill it. Safe to call again. */
  async close(): Promise<void> {
    if (this.failure() !== undefined || this.process.pid === undefined) return;
    const ended = once(this.process, "exit");
    this.process.ref();
    this.process.stdin?.end();
    const timer = setTimeout(() => this.process.kill("SIGKILL"), CLOSE_MS);
    await ended;
    clearTimeout(timer);
  }
}

/** What a daemon said last. */
class Words {
  #text = "";

  constructor(readonly mode: SandboxAgentSpawnLogMode) {}

  hear(stream: Readable): void {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      this.#text = (this.#text + text).slice(-TAIL);
      if (this.mode === "inherit") process.stderr.write(text);
    });
    quiet(stream);
  }

  get tail(): string {
    return this.#text.trim() && `: ${this.#text.trim()}`;
  }
}

/** Start a daemon; resolves when it answers. Throws `ConnectionFailed` with its last words when it does not. */
export async function launch(options: SandboxAgentSpawnOptions = {}): Promise<Daemon> {
  const env = { ...process.env, ...options.env };
  const found = findDaemon({ binaryPath: options.binaryPath, env });
  const token = options.token ?? randomToken();
  const child = start(found, token, env, options);
  const words = new Words(options.log ?? "silent");
  if (child.stderr) words.hear(child.stderr);
  const daemon = new Daemon(child, token, words);
  const timeout = options.timeoutMs ?? (found.slow ? DOWNLOAD_MS : UP_MS);
  try {
    daemon.baseUrl = reachable(await announced(child, daemon, timeout), options.host);
    return daemon;
  } catch (error) {
    await daemon.close();
    throw error;
  } finally {
    if (child.stdout) words.hear(child.stdout);
    child.unref();
    quiet(child.stdin);
  }
}

function start(found: Found, token: string, environ: NodeJS.ProcessEnv, options: SandboxAgentSpawnOptions): ChildProcess {
  const { host = "127.0.0.1", port = 0, socket } = options;
  const place = socket === undefined ? ["--host", host, "--port", String(port)] : ["--socket", resolve(socket)];
  const args = [...found.args, "server", ...place, "--exit-with-parent"];
  if (options.mockPace !== undefined) args.push("--mock-pace", String(options.mockPace));
  const env: NodeJS.ProcessEnv = { ...environ, SANDBOX_AGENT_TOKEN: token }; // not an argument: everybody can read those
  if (options.dataDir !== undefined) env.SANDBOX_AGENT_DATA_DIR = options.dataDir;
  if (options.log !== "inherit") env.SANDBOX_AGENT_LOG_HTTP ??= "0";
  // Ctrl-C in the terminal is for the caller, not for the daemon: a process group of its own.
  return spawn(found.command, args, { cwd: options.cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
}

/** The address that the daemon says it listens on. */
function announced(child: ChildProcess, daemon: Daemon, timeout: number): Promise<string> {
  return new Promise((tell, reject) => {
    let text = "";
    const fail = (why: string, cause?: unknown): void => reject(new ConnectionFailed(why, { cause }));
    const timer = setTimeout(() => fail(`Timed out waiting ${timeout} ms for the daemon`), timeout);
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const url = /listening on (\S.*)\n/.exec(text)?.[1];
      if (!url) return;
      clearTimeout(timer);
      child.stdout?.off("data", read);
      tell(url);
    };
    child.stdout?.on("data", read);
    child.once("error", (error) => fail(`the daemon cannot be started: ${error.message}`, error));
    child.once("close", () => {
      clearTimeout(timer);
      fail(`${daemon.failure() ?? "the daemon ended"} (it exited before becoming healthy)`);
    });
  });
}

/** A daemon that listens everywhere is reached on loopback. */
function reachable(announced: string, host: string | undefined): string {
  if (host !== "0.0.0.0" && host !== "::") return announced;
  return `http://127.0.0.1:${new URL(announced).port}`;
}

function randomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A program that has nothing else to do may end although the daemon runs. */
function quiet(stream: unknown): void {
  (stream as { unref?: () => void } | null)?.unref?.();
}
