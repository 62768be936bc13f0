/** What tests share: a daemon and a browser for each file, and pages on which nothing may go wrong unseen. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before } from "node:test";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { SandboxAgent, type Session } from "sandbox-agent";
import { type Daemon, launch, type SandboxAgentSpawnOptions } from "sandbox-agent/daemon";

/** For everything that waits; nothing takes nearly as long. */
export const PATIENT = { timeout: 90_000 };

export const binaryPath = process.env.SANDBOX_AGENT_BIN ?? fileURLToPath(new URL("../../.venv/bin/sandbox-agent", import.meta.url));
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

export interface PageOptions {
  width?: number;
  height?: number;
  theme?: "light" | "dark";
  /** Whether the browser may say that a request failed. */
  failures?: boolean;
}

export class House {
  daemon!: Daemon;
  client!: SandboxAgent;
  browser!: Browser;
  folder = "";
  #count = 0;
  #wrong: string[] = [];

  constructor(readonly options: SandboxAgentSpawnOptions = {}) {
    before(() => this.#open(), { timeout: 90_000 });
    afterEach(() => assert.deepEqual(this.#wrong.splice(0), []));
    after(() => this.#close());
  }

  async #open(): Promise<void> {
    if (!existsSync(executablePath)) throw new Error(`no ${executablePath}; install Chromium, or name it in CHROMIUM`);
    this.folder = await mkdtemp(join(tmpdir(), "sandbox-agent-ui-"));
    await this.start();
    this.browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  }

  /** Start the daemon, also again. */
  async start(options: SandboxAgentSpawnOptions = {}): Promise<void> {
    const env = { HOME: this.folder };
    const usual = { binaryPath, mockPace: 0.002, dataDir: this.folder, cwd: this.folder, env, timeoutMs: 60_000 };
    this.daemon = await launch({ ...usual, ...this.options, ...options });
    this.client = await SandboxAgent.connect({ baseUrl: this.daemon.baseUrl, token: this.daemon.token });
  }

  async #close(): Promise<void> {
    await this.browser?.close();
    await this.daemon?.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A new session of the mock agent. */
  async session(title?: string): Promise<Session> {
    const id = `session-${(this.#count += 1)}`;
    return this.client.createSession(id, { agent: "mock", directory: this.folder, ...(title ? { title } : {}) });
  }

  /** A page of its own, logged in, at a path below `/ui/`. */
  async page(path = "", options: PageOptions = {}): Promise<Page> {
    const { width = 1280, height = 800, theme = "light", failures = false } = options;
    const page = await this.browser.newPage({ viewport: { width, height }, colorScheme: theme });
    page.setDefaultTimeout(30_000);
    page.on("pageerror", (error) => this.#wrong.push(String(error)));
    page.on("console", (message) => {
      const isFailure = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !(failures && isFailure)) this.#wrong.push(`${message.text()} ${message.location().url}`);
    });
    const [before, hash = ""] = path.split("#");
    await page.goto(`${this.daemon.baseUrl}/ui/${before}?token=${this.daemon.token}${hash && `#${hash}`}`);
    await page.locator(".workspace").waitFor();
    return page;
  }

  /** A page that looks at a session. */
  async looking(session: Session, options: PageOptions & { item?: string } = {}): Promise<Page> {
    return this.page(`sessions/${session.id}${options.item ? `#${options.item}` : ""}`, options);
  }
}

/** Choose from the menu of the session that is looked at. */
export async function choose(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Session menu" }).click();
  await page.getByRole("menuitem", { name, exact: true }).click();
}

/** What somebody would do: write into the message field and press Enter. */
export async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.getByRole("textbox", { name: "Message" }).press("Enter");
}
