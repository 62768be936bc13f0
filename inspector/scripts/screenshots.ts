/** Pictures of the main views for README and docs: `npm run screenshots`. The mock agent plays all the parts. */
import { mkdtemp, mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { SandboxAgent } from "sandbox-agent";
import { launch } from "sandbox-agent/daemon";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const images = join(checkout, "docs", "images");
const wide = { width: 1360, height: 850 };
const narrow = { width: 400, height: 780 };

interface Shot {
  name: string;
  theme: "light" | "dark";
  size: typeof wide;
  path: string;
  prepare: (page: Page) => Promise<void>;
}

const chat = async (page: Page): Promise<void> => {
  await page.getByText(/^Done · /).last().waitFor();
};
const asks = async (page: Page): Promise<void> => {
  await page.getByRole("region", { name: "Waiting for you" }).waitFor();
};
const debug = async (page: Page): Promise<void> => {
  await page.keyboard.press("d");
  await page.getByLabel("Type of events").selectOption("item.completed");
  await page.getByRole("button", { name: /item\.completed/ }).nth(2).click();
  await page.getByRole("region", { name: /^Event \d/ }).waitFor();
};
const compare = async (page: Page): Promise<void> => {
  await page.getByLabel("Prompt").fill("diff");
  await page.getByRole("button", { name: "Send to all" }).click();
  await page.getByText(/^Done · /).nth(1).waitFor();
};

const SHOTS: readonly Shot[] = [
  { name: "inspector", theme: "light", size: wide, path: "sessions/greeting", prepare: chat },
  { name: "inspector-dark", theme: "dark", size: wide, path: "sessions/greeting", prepare: debug },
  { name: "inspector-approvals", theme: "light", size: wide, path: "sessions/release", prepare: asks },
  { name: "inspector-compare", theme: "dark", size: wide, path: "compare", prepare: compare },
  { name: "inspector-narrow", theme: "light", size: narrow, path: "sessions/plan", prepare: asks },
];

async function sessions(client: SandboxAgent, directory: string): Promise<void> {
  const titles = { plan: "Plan the migration", release: "Prepare the release", slow: "Run the whole test suite", greeting: "Trim the name in greet()" };
  for (const [id, title] of Object.entries(titles)) await client.createSession(id, { agent: "mock", title, directory });
  for (const message of ["markdown", "todo", "think", "ansi", "diff", "usage"]) await client.session("greeting").send(message).wait();
  await client.session("slow").send("slow 100000");
  await client.session("plan").send("plan");
  await client.session("release").send("tool").wait();
  await client.session("release").send("permission");
}

async function take(browser: Browser, shot: Shot, baseUrl: string, token: string): Promise<void> {
  const page = await browser.newPage({ viewport: shot.size, colorScheme: shot.theme });
  await page.goto(`${baseUrl}/ui/${shot.path}?token=${token}`);
  await page.locator(".workspace").waitFor();
  await shot.prepare(page);
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(images, `${shot.name}.png`), animations: "disabled" });
  await page.close();
}

const folder = await mkdtemp(join(tmpdir(), "sandbox-agent-shots-"));
const binaryPath = process.env.SANDBOX_AGENT_BIN ?? join(checkout, ".venv/bin/sandbox-agent");
const daemon = await launch({ binaryPath, mockPace: 0.002, dataDir: folder, cwd: folder, env: { HOME: folder } });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  await mkdir(images, { recursive: true });
  await sessions(await SandboxAgent.connect({ baseUrl: daemon.baseUrl, token: daemon.token }), folder);
  for (const shot of SHOTS) await take(browser, shot, daemon.baseUrl, daemon.token);
} finally {
  await browser.close();
  await daemon.close();
  await rm(folder, { recursive: true, force: true });
}
