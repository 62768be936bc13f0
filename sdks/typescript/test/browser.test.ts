/** The same code in a browser: Chromium plays the scenarios, and everything leaves no connection behind. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { CONTRACTS } from "../src/testing/index.js";
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
  await here.ready;
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
      return play(client, argument.scenario, argument.scenario.name, argument.folder);`;
    assert.deepEqual(await inPage(body, { scenario, folder: here.folder }), []);
  });
}

test("files come and go as bytes in a browser", PATIENT, async () => {
  const body = `const { files } = await client.createSession("files", { agent: "mock" });
    await files.write("b", new Uint8Array([0, 255, 10]));
    return [...(await files.read("b"))];`;
  assert.deepEqual(await inPage(body), [0, 255, 10]);
});

for (const { name } of CONTRACTS) {
  test(`a store in a browser: ${name}`, PATIENT, async () => {
    const body = `const { IndexedDBStore } = await import("/sdk/src/stores/index.js");
      const { CONTRACTS } = await import("/sdk/src/testing/index.js");
      await CONTRACTS.find(({ name }) => name === argument).check(() => new IndexedDBStore(argument));`;
    await inPage(body, name);
  });
}

test("a page that comes back goes on where its store ends", PATIENT, async () => {
  const session = await here.client.createSession("visited", { agent: "mock" });
  await session.send("hello").wait();
  const visit = `const { IndexedDBStore, read } = await import("/sdk/src/stores/index.js");
    const store = new IndexedDBStore();
    const { baseUrl, token } = client;
    const visitor = await sdk.SandboxAgent.connect({ baseUrl, token, store });
    const seen = [];
    for await (const event of visitor.session("visited").stream({ offset: "stored" })) {
      seen.push(event.sequence);
      if (seen.length === argument) break;
    }
    const kept = [];
    for await (const event of read(store, "visited")) kept.push(event.sequence);
    await store.close();
    return { first: seen[0], kept };`;
  const before = await inPage<{ first: number; kept: number[] }>(visit, 3);
  assert.equal(before.first, 1);
  await page.reload();
  await session.terminate();
  const after = await inPage<{ first: number; kept: number[] }>(visit);
  assert.equal(after.first, before.kept.length + 1);
  const { events } = await session.events();
  assert.deepEqual(after.kept, events.map((event) => event.sequence));
});

test("a browser says what it cannot do", PATIENT, async () => {
  const body = `const { socketFetch, save } = await import("/sdk/src/node/browser.js");
    const words = [];
    try { socketFetch("/a/socket"); } catch (error) { words.push(error.message); }
    await save().catch((error) => words.push(error.message));
    return words;`;
  const words = await inPage<string[]>(body);
  assert.equal(words.length, 2);
  assert.ok(words.every((each) => /needs Node, Deno or Bun/.test(each)));
});

test("a daemon cannot be started in a browser", PATIENT, async () => {
  const body = `return (await import("/sdk/src/daemon/browser.js")).launch().catch((error) => error.message);`;
  assert.match(await inPage<string>(body), /needs Node, Deno or Bun/);
});
