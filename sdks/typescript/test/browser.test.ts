/** The same code in a browser: Chromium plays the scenarios, and everything leaves no connection behind. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { house, PATIENT, scenarioFile } from "./house.js";
import type { Scenario } from "./scenarios.js";

const here = house();
const scenarios = JSON.parse(readFileSync(scenarioFile(), "utf8")) as Scenario[];
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
let browser: Browser;
let page: Page;

before(async () => {
  if (!existsSync(executablePath)) throw new Error(`no ${executablePath}; install Chromium, or name it in CHROMIUM`);
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  page = await browser.newPage();
  // The built files, under the daemon's own origin.
  await page.route("**/sdk/**", (route) => {
    const path = new URL(route.request().url()).pathname.replace("/sdk/", "../");
    return route.fulfill({ path: fileURLToPath(new URL(path, import.meta.url)), contentType: "text/javascript" });
  });
  await page.goto(`${here.client.baseUrl}/v1/health`);
});
after(() => browser?.close());

/** Run the body of an async function in the page; `client` and `sdk` are there. */
async function inPage<T>(body: string, argument: unknown = null): Promise<T> {
  const { baseUrl, token } = here.client;
  return page.evaluate(`(async (argument) => {
    const sdk = await import("/sdk/src/index.js");
    const client = await sdk.SandboxAgent.connect(${JSON.stringify({ baseUrl, token })});
    ${body}
  })(${JSON.stringify(argument)})`) as Promise<T>;
}

for (const scenario of scenarios) {
  test(`in a browser: ${scenario.name}`, PATIENT, async () => {
    const body = `const { play } = await import("/sdk/test/scenarios.js");
      return play(client, argument, argument.name);`;
    assert.deepEqual(await inPage(body, scenario), []);
  });
}

test("files come and go as bytes in a browser", PATIENT, async () => {
  const body = `const { files } = await client.createSession("files", { agent: "mock" });
    await files.write("b", new Uint8Array([0, 255, 10]));
    return [...(await files.read("b"))];`;
  assert.deepEqual(await inPage(body), [0, 255, 10]);
});

test("a daemon cannot be started in a browser", PATIENT, async () => {
  const body = `return (await import("/sdk/src/daemon/browser.js")).launch().catch((error) => error.message);`;
  assert.match(await inPage<string>(body), /needs Node, Deno or Bun/);
});
