import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { House, PATIENT, say } from "./house";

const house = new House();

/** Wait until the clipboard has this text. */
async function copied(page: Page, text: string): Promise<void> {
  await page.waitForFunction(async (wanted) => (await navigator.clipboard.readText()) === wanted, text);
}

test("events are listed, filtered, opened with what the agent said, and lead to the chat", PATIENT, async () => {
  const session = await house.session();
  await session.send("flood 60").wait();
  const page = await house.looking(session);
  await page.keyboard.press("d");
  const debug = page.getByRole("complementary", { name: "Debug" });
  await debug.getByRole("option", { name: /^All events \(\d+\)/ }).waitFor({ state: "attached" });
  await debug.getByLabel("Type of events").selectOption("item.completed");
  await debug.getByRole("button", { name: /item\.completed/ }).last().click();
  const event = debug.getByRole("region", { name: /^Event \d+/ });
  await event.getByRole("button", { name: /^. content:/ }).first().waitFor();
  await event.getByRole("heading", { name: "As the agent said it" }).waitFor();
  assert.equal(await debug.getByRole("button", { name: /turn\.started/ }).count(), 0);
  await event.getByRole("button", { name: "In the chat" }).click();
  await page.locator(".row.marked").waitFor();
  await page.close();
});

test("a row of the chat leads to its event, whatever is shown of the events", PATIENT, async () => {
  const session = await house.session();
  await session.send("flood 60").wait();
  const { events } = await session.events();
  const page = await house.looking(session);
  const debug = page.getByRole("complementary", { name: "Debug" });
  for (const words of ["message 58", "message 60"]) {
    const row = page.locator(".row", { hasText: words });
    await row.hover();
    await row.getByRole("button", { name: "Event" }).click();
    const said = events.find(({ type, data }) => type === "item.completed" && JSON.stringify(data).includes(words));
    const item = said?.type === "item.completed" ? said.data.item.item_id : "";
    const first = events.find((event) => event.type === "item.started" && event.data.item.item_id === item);
    await debug.getByRole("region", { name: `Event ${first?.sequence}`, exact: true }).waitFor();
    await debug.locator('[aria-pressed="true"]', { hasText: String(first?.sequence) }).waitFor();
    await debug.getByLabel("Type of events").selectOption("turn.started");
    await page.getByRole("tab", { name: "Agents" }).click();
  }
  await page.close();
});

test("an event is copied as it came, and all of them are", PATIENT, async () => {
  const session = await house.session();
  await session.send("hello").wait();
  const { events } = await session.events({ includeRaw: true });
  const page = await house.looking(session);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.keyboard.press("d");
  const debug = page.getByRole("complementary", { name: "Debug" });
  await debug.getByRole("button", { name: /item\.completed/ }).first().click();
  const detail = debug.getByRole("region", { name: /^Event \d+/ });
  await detail.getByRole("button", { name: "Copy", exact: true }).click();
  await copied(page, JSON.stringify(events.findLast(({ type }) => type === "item.completed"), null, 2));
  await debug.getByRole("button", { name: "Copy all" }).click();
  await copied(page, JSON.stringify(events, null, 2));
  await page.close();
});

test("a page without a clipboard of its own copies all the same, and says when it may not", PATIENT, async () => {
  const session = await house.session();
  await session.send("hello").wait();
  const page = await house.looking(session);
  await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await page.keyboard.press("d");
  const debug = page.getByRole("complementary", { name: "Debug" });
  await debug.getByRole("button", { name: "Copy all" }).click();
  await debug.getByRole("button", { name: "Copied" }).waitFor();
  await page.getByRole("textbox", { name: "Message" }).press("Control+V");
  assert.deepEqual(JSON.parse(await page.getByRole("textbox", { name: "Message" }).inputValue()), (await session.events({ includeRaw: true })).events);
  await page.evaluate(() => (document.execCommand = () => false));
  await debug.getByRole("button", { name: "Copy all" }).click();
  await page.getByRole("status").getByText(/refused to copy/).waitFor();
  await page.close();
});

test("the requests of the page are there with bodies, and the token is nowhere", PATIENT, async () => {
  const page = await house.looking(await house.session());
  await say(page, "a message to find");
  await page.keyboard.press("Escape");
  await page.keyboard.press("d");
  await page.getByRole("tab", { name: "Requests" }).click();
  const entry = page.getByRole("button", { name: /POST .*\/messages/ });
  await entry.click();
  await page.getByText('"a message to find"').waitFor();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy as curl" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const copy = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copy, /^curl -X POST .*authorization: Bearer \$TOKEN/);
  const shown = `${await page.content()} ${copy}`;
  assert.equal(shown.includes(house.daemon.token), false);
  await page.close();
});

test("agents tell what they can do, and are installed from here", PATIENT, async () => {
  const page = await house.page();
  await page.keyboard.press("d");
  await page.getByRole("tab", { name: "Events" }).press("ArrowRight");
  await page.getByRole("tab", { name: "Requests" }).press("ArrowRight");
  const debug = page.getByRole("complementary", { name: "Debug" });
  await debug.getByRole("row", { name: /Command execution/ }).waitFor();
  const mock = debug.locator("article", { hasText: "Mock" });
  await mock.getByRole("button", { name: "Install again" }).click();
  await mock.locator("[aria-live]").filter({ hasText: /\w/ }).waitFor();
  await page.close();
});

test("files are browsed, read, brought and taken", PATIENT, async () => {
  await house.client.files.write(`${house.folder}/deep/hello.py`, "print('hello')\n");
  const page = await house.looking(await house.session());
  await page.keyboard.press("d");
  await page.getByRole("tab", { name: "Files" }).click();
  const debug = page.getByRole("complementary", { name: "Debug" });
  await debug.getByRole("button", { name: /deep/ }).click();
  await debug.getByRole("button", { name: /hello\.py/ }).click();
  await debug.getByText("print").waitFor();
  const downloading = page.waitForEvent("download");
  await debug.getByRole("button", { name: "Download" }).click();
  assert.equal(await readFile(await (await downloading).path(), "utf8"), "print('hello')\n");
  await page.getByLabel("Files to upload").setInputFiles({ name: "new.txt", mimeType: "text/plain", buffer: Buffer.from("new") });
  await debug.getByRole("button", { name: /new\.txt/ }).waitFor();
  assert.equal(await house.client.files.readText(`${house.folder}/deep/new.txt`), "new");
  await page.close();
});

test("one prompt goes to several agents side by side", PATIENT, async () => {
  const page = await house.page();
  await page.keyboard.press("c");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByLabel("Prompt").fill("permission");
  await page.getByLabel("Directory").fill(house.folder);
  await page.getByRole("button", { name: "Send to all" }).click();
  const sides = page.getByRole("region", { name: "Compare" }).locator("article.side");
  await sides.nth(2).getByRole("button", { name: "Allow once" }).first().waitFor();
  for (const side of await sides.all()) {
    await side.getByRole("button", { name: "Allow once" }).first().click();
    await side.getByText("accepted once").waitFor();
  }
  await sides.first().getByRole("button", { name: "Open" }).click();
  await page.getByRole("heading", { name: "permission (Mock)" }).waitFor();
  const { sessions } = await house.client.listSessions();
  const compared = sessions.filter(({ sessionId }) => sessionId.startsWith("compare-"));
  assert.deepEqual(compared.map(({ directory }) => directory), [house.folder, house.folder, house.folder]);
  await page.close();
});
