/**
 * Pictures of the main views for README and docs: `npm run screenshots`.
 *
 * The conversations are those of the real Claude Code with a model that says what `pictures.toml` tells it to; it is
 * installed into the cache of the checkout when it is not there. The mock agent plays the other sessions.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { SandboxAgent } from "sandbox-agent";
import { launch } from "sandbox-agent/daemon";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const images = join(checkout, "docs", "images");
const binaryPath = process.env.SANDBOX_AGENT_BIN ?? join(checkout, ".venv/bin/sandbox-agent");
const wide = { width: 1440, height: 900 };
const narrow = { width: 400, height: 800 };

const FILES = {
  "greet.py": 'def greet(name: str) -> str:\n    return "hello " + name\n',
  "test_greet.py":
    "import unittest\n\nfrom greet import greet\n\n\nclass Greeting(unittest.TestCase):\n    def test_spaces_are_not_part_of_a_name(self) -> None:\n        self.assertEqual(greet(' Ada '), 'hello, Ada')\n",
};

/** A scripted model, and what an agent's environment needs to find it. */
async function model(): Promise<{ process: ChildProcess; env: Record<string, string> }> {
  const child = spawn(binaryPath, ["model", "--script", join(checkout, "inspector/scripts/pictures.toml")], { stdio: ["ignore", "pipe", "inherit"] });
  const env: Record<string, string> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name = "", value = ""] = /^export ([^=]+)=(.*)$/.exec(line) ?? [];
    if (name.startsWith("ANTHROPIC") || name.startsWith("CLAUDE") || name.startsWith("DISABLE")) env[name] = value;
    if (name === "DISABLE_AUTOUPDATER") break; // all that Claude Code needs has been said
  }
  return { process: child, env };
}

interface Shot {
  name: string;
  path: string;
  theme?: "light" | "dark";
  size?: typeof wide;
  prepare: (page: Page) => Promise<void>;
}

const asks = async (page: Page): Promise<void> => {
  await page.getByRole("region", { name: "Waiting for you" }).waitFor();
};
const chat = async (page: Page): Promise<void> => {
  await page.getByText(/^Done · /).last().waitFor();
};
const debug = async (page: Page): Promise<void> => {
  await chat(page);
  await page.keyboard.press("d");
  await page.getByLabel("Type of events").selectOption("item.completed");
  await page.getByRole("button", { name: /item\.completed/ }).first().click();
  await page.getByRole("region", { name: /^Event \d/ }).waitFor();
};
const compare = async (page: Page): Promise<void> => {
  await page.getByLabel("Prompt").fill("diff");
  await page.getByRole("button", { name: "Send to all" }).click();
  await page.getByText(/^Done · /).nth(1).waitFor();
};

const WAITING: readonly Shot[] = [
  { name: "inspector-approvals", path: "sessions/greeting", prepare: asks },
  { name: "inspector-narrow", path: "sessions/settings", size: narrow, prepare: asks },
  { name: "inspector-narrow-dark", path: "sessions/settings", theme: "dark", size: narrow, prepare: asks },
];
const DONE: readonly Shot[] = [
  { name: "inspector", path: "sessions/greeting", size: { width: 1440, height: 1060 }, prepare: chat },
  { name: "inspector-dark", path: "sessions/greeting", theme: "dark", prepare: debug },
  { name: "inspector-compare", path: "compare", theme: "dark", prepare: compare },
];

async function sessions(client: SandboxAgent, directory: string): Promise<void> {
  for (const [id, title] of Object.entries({ release: "Prepare the release", suite: "Run the whole test suite" })) {
    await client.createSession(id, { agent: "mock", title, directory });
  }
  await client.session("suite").send("slow 100000");
  await client.session("release").send("todo").wait();
  const [settings, greeting] = [
    await client.createSession("settings", { agent: "claude", title: "Move the settings to TOML", directory, permissionMode: "plan" }),
    await client.createSession("greeting", { agent: "claude", title: "Trim the name in greet()", directory, permissionMode: "acceptEdits" }),
  ];
  const waiting = [settings.send("Move the settings to TOML."), greeting.send("greet() keeps the spaces around a name. Mend that, please.")];
  await Promise.all(waiting.map(async (turn) => {
    for await (const { type } of turn) if (type === "permission.requested" || type === "question.requested") break;
  }));
}

async function take(browser: Browser, shots: readonly Shot[], baseUrl: string, token: string): Promise<void> {
  for (const { name, path, theme = "light", size = wide, prepare } of shots) {
    const page = await browser.newPage({ viewport: size, colorScheme: theme });
    await page.goto(`${baseUrl}/ui/${path}?token=${token}`);
    await page.locator(".workspace").waitFor();
    await prepare(page);
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: join(images, `${name}.png`), animations: "disabled" });
    await page.close();
  }
}

const home = await mkdtemp(join(tmpdir(), "sandbox-agent-shots-"));
const folder = join(home, "greetings");
const scripted = await model();
const env = { HOME: join(home, "home"), ...scripted.env };
const daemon = await launch({ binaryPath, mockPace: 0.002, dataDir: join(checkout, ".cache/agents"), cwd: home, env });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  for (const path of [images, folder]) await mkdir(path, { recursive: true });
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text);
  const client = await SandboxAgent.connect({ baseUrl: daemon.baseUrl, token: daemon.token });
  await sessions(client, folder);
  await take(browser, WAITING, daemon.baseUrl, daemon.token);
  const [asked] = (await client.getSession("greeting")).permissions;
  const ends = client.session("greeting").stream({ offset: (await client.getSession("greeting")).eventCount });
  await client.session("greeting").answerPermission(asked?.permission_id ?? "", "once");
  for await (const { type } of ends) if (type === "turn.ended") break;
  await take(browser, DONE, daemon.baseUrl, daemon.token);
} finally {
  await browser.close();
  await daemon.close();
  scripted.process.kill();
  await once(scripted.process, "exit");
  await rm(home, { recursive: true, force: true });
}
