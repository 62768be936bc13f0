/** What an agent says is nobody's friend: it stays text. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { House, PATIENT } from "./house";

const house = new House();

const ATTACKS = [
  "<script>window.hacked = 1</script>",
  "<img src=x onerror='window.hacked = 2'>",
  "<svg onload=window.hacked=3><a href=javascript:window.hacked=4>x</a></svg>",
  "[click](javascript:window.hacked=5) [click](JaVaScRiPt:window.hacked=6) [click](data:text/html,<script>window.hacked=7</script>)",
  "![picture](javascript:window.hacked=8) ![out](http://127.0.0.1:9/tracking.png)",
  "<javascript:window.hacked=9> <https://ok.example/\"onmouseover=window.hacked=10>",
  "[ref]\n\n[ref]: javascript:window.hacked=11",
  "```html\n<script>window.hacked = 12</script>",
  "<iframe srcdoc='<script>parent.hacked=13</script>'></iframe><style>*{display:none}</style><base href=//evil.example>",
  "| broken | table\n|---\n**[*unclosed `code ](<> \u202e\u0000",
  "\u001b]8;;javascript:window.hacked=14\u0007link\u001b]8;;\u0007 \u001b[31mred",
];

test("scripts, handlers and bad links of an agent's words do nothing, in messages, titles and files", PATIENT, async () => {
  const session = await house.client.createSession("attack", { agent: "mock", directory: house.folder, title: ATTACKS[1] as string });
  for (const attack of ATTACKS) await session.send(attack).wait();
  const page = await house.looking(session);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.getByText("unclosed").first().waitFor();
  const frame = page.getByRole("log");
  for (let up = 0; up < 10; up += 1) {
    await frame.press("PageUp");
    const links = await frame.evaluate((log) => [...log.querySelectorAll("a")].map((link) => link.getAttribute("href") ?? ""));
    for (const href of links) assert.match(href, /^(https?:|mailto:|\/ui\/)/);
  }
  await page.getByText(ATTACKS[0] as string).first().waitFor();
  assert.equal(await page.evaluate("window.hacked"), undefined);
  assert.equal(await page.locator(".rows :is(script, iframe, style, base, svg, img)").count(), 0);
  assert.deepEqual(asked.filter((url) => !url.startsWith(house.daemon.baseUrl)), []);
  await page.close();
});

test("a huge line is shown in part, and the page stays alive", PATIENT, async () => {
  const session = await house.session();
  await session.send("big 3000000").wait();
  const page = await house.looking(session);
  await page.getByRole("button", { name: "Show all 3,000,000 characters" }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Help" }).waitFor();
  await page.close();
});
