/** Behind a proxy that gives the server a path of its own. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { House, PATIENT, say } from "./house";

const PREFIX = "/tools/agents";
const house = new House();
const proxies: Server[] = [];
after(() => {
  for (const proxy of proxies) proxy.close().closeAllConnections();
});

/** Strips the prefix, and knows nothing else. The URL below which the server is. */
async function prefixed(): Promise<string> {
  const target = new URL(house.daemon.baseUrl);
  const proxy = createServer((asked, answer) => {
    const { url = "", method = "GET", headers } = asked;
    if (!url.startsWith(`${PREFIX}/`)) return void answer.writeHead(404).end();
    const there = request({ host: target.hostname, port: target.port, path: url.slice(PREFIX.length), method, headers }, (said) => {
      answer.writeHead(said.statusCode ?? 502, said.headers);
      said.pipe(answer);
    });
    there.on("error", () => answer.destroy());
    answer.on("close", () => there.destroy());
    asked.pipe(there);
  }).listen(0, "127.0.0.1");
  proxies.push(proxy);
  await once(proxy, "listening");
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${PREFIX}`;
}

test("below the path of a proxy the page finds its files and its server, from a deep link too", PATIENT, async () => {
  const base = await prefixed();
  const page = await house.browser.newPage();
  page.setDefaultTimeout(30_000);
  const outside: string[] = [];
  page.on("request", (asked) => asked.url().startsWith(`${base}/`) || outside.push(asked.url()));
  const failed: string[] = [];
  page.on("response", (said) => said.status() >= 400 && failed.push(said.url()));
  await page.goto(`${base}/ui?token=${house.daemon.token}`);
  await page.locator(".workspace").waitFor();
  await page.keyboard.press("n");
  await page.getByLabel("Session id").fill("v1.2 below");
  await page.getByRole("button", { name: "Create" }).click();
  await say(page, "markdown");
  await page.locator(".hljs-keyword").first().waitFor();
  assert.equal(page.url(), `${base}/ui/sessions/v1.2%20below`);
  await page.reload();
  await page.getByRole("heading", { name: "Mock markdown" }).waitFor();
  await page.locator(".hljs-keyword").first().waitFor();
  assert.notEqual(await page.locator(".sidebar img").evaluate((icon: HTMLImageElement) => icon.naturalWidth), 0);
  await page.goto(`${base}/ui/compare`);
  await page.getByRole("region", { name: "Compare" }).waitFor();
  assert.deepEqual({ outside, failed }, { outside: [], failed: [] });
  await page.close();
});
