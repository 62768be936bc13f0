/** What the tests share: the backend, a browser, and pages on which nothing may go wrong unseen. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { after, afterEach, before } from "node:test";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** For everything that waits; nothing takes nearly as long. */
export const PATIENT = { timeout: 90_000 };

const here = fileURLToPath(new URL("..", import.meta.url));
const python = process.env.PYTHON ?? join(here, "../../.venv/bin/python");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

export class House {
  url = "";
  browser!: Browser;
  folder = "";
  #backend!: ChildProcess;
  #wrong: string[] = [];

  constructor() {
    before(() => this.#open(), { timeout: 90_000 });
    afterEach(() => assert.deepEqual(this.#wrong.splice(0), []));
    after(() => this.#close());
  }

  async #open(): Promise<void> {
    if (!existsSync(executablePath)) throw new Error(`no ${executablePath}; install Chromium, or name it in CHROMIUM`);
    this.folder = await mkdtemp(join(tmpdir(), "chat-"));
    this.browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
    this.url = await this.startBackend();
  }

  /** The backend as somebody would run it; resolves to its address. */
  async startBackend(port = "0"): Promise<string> {
    const words = ["-m", "uvicorn", "--app-dir", here, "--port", port, "--timeout-graceful-shutdown", "1", "backend:app"];
    const [backend, url] = await this.#serve(words);
    this.#backend = backend;
    return url;
  }

  /** A daemon that our page may talk to directly; its address. It ends with the test. */
  async startDaemon(token: string): Promise<string> {
    const words = ["-m", "sandbox_agent", "server", "--port", "0", "--exit-with-parent", "--cors-allow-origin", this.url];
    const [daemon, url] = await this.#serve(words, { SANDBOX_AGENT_TOKEN: token });
    after(() => daemon.kill("SIGTERM"));
    return url;
  }

  async #serve(words: string[], more: Record<string, string> = {}): Promise<[ChildProcess, string]> {
    const env = { ...process.env, HOME: this.folder, SANDBOX_AGENT_DATA_DIR: this.folder, ...more };
    const child = spawn(python, words, { cwd: this.folder, env, stdio: ["pipe", "pipe", "pipe"] });
    const output = new PassThrough();
    child.stdout.pipe(output, { end: false });
    child.stderr.pipe(output);
    let said = "";
    for await (const line of createInterface({ input: output })) {
      said += `${line}\n`;
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (url) return [child, url];
    }
    throw new Error(`${words.join(" ")} did not come up:\n${said}`);
  }

  async stopBackend(): Promise<void> {
    const ended = once(this.#backend, "exit");
    this.#backend.kill("SIGTERM");
    await ended;
  }

  async #close(): Promise<void> {
    await this.browser?.close();
    if (this.#backend) await this.stopBackend();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A page of a browser that was never here. */
  async page({ hash = "", failures = false, ...options }: BrowserContextOptions & { hash?: string; failures?: boolean } = {}): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1100, height: 800 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.on("pageerror", (error) => this.#wrong.push(String(error)));
    page.on("console", (message) => {
      const isFailure = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !(failures && isFailure)) this.#wrong.push(message.text());
    });
    await page.goto(`${this.url}/${hash}`);
    await page.getByRole("textbox", { name: "Message" }).waitFor();
    return page;
  }
}

/** What somebody would do: write into the message field and press Enter. */
export async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.getByRole("textbox", { name: "Message" }).press("Enter");
}

/** Wait until the agent rests. */
export async function rest(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
}
