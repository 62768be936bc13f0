import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { House, PATIENT, rest, say } from "./house";

const house = new House();
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const log = (page: Page) => page.getByRole("log", { name: "Conversation" });
const agent = (page: Page) => page.getByRole("article", { name: "Agent" });
const waiting = (page: Page) => page.getByRole("region", { name: "Waiting for you" });

test("a message is answered, and markdown becomes elements", PATIENT, async () => {
  const page = await house.page();
  await say(page, "markdown");
  await page.getByRole("article", { name: "You" }).getByText("markdown").waitFor();
  await agent(page).getByRole("heading", { name: "Mock markdown" }).waitFor();
  await agent(page).getByRole("cell", { name: "steady" }).waitFor();
  await rest(page);
  assert.equal(await page.getByRole("textbox", { name: "Message" }).inputValue(), "");
  await page.context().close();
});

test("text grows while the agent speaks, and the reader stays at the end", PATIENT, async () => {
  const page = await house.page({ viewport: { width: 400, height: 500 } });
  await say(page, "slow 100000");
  await agent(page).getByText(/word 150 /).waitFor();
  await page.waitForFunction(() => {
    const list = document.querySelector(".messages");
    return list && list.scrollHeight > 2 * list.clientHeight && list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  });
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped.").waitFor();
  await say(page, "still there");
  await agent(page).getByText("still there", { exact: true }).waitFor();
  await page.context().close();
});

test("a tool is one folded line with its result inside", PATIENT, async () => {
  const page = await house.page();
  await say(page, "tool");
  const tool = log(page).getByRole("group").filter({ hasText: "mock.search" });
  await tool.getByText("failed").waitFor();
  assert.equal(await tool.count(), 1);
  assert.equal(await page.getByText("mock search results").isVisible(), false);
  await tool.getByText("mock.search").click();
  await page.getByText("mock search results").waitFor();
  await page.getByText("+written by the mock").waitFor();
  await page.context().close();
});

test("permissions are asked and answered, and go away", PATIENT, async () => {
  const page = await house.page();
  await say(page, "permission");
  const command = page.getByRole("article", { name: "Permission: command_execution" });
  await command.getByText("echo mock").waitFor();
  await command.getByRole("button", { name: "Allow once" }).click();
  await agent(page).getByText("accepted once").waitFor();
  await page.getByRole("article", { name: "Permission: file_change" }).getByRole("button", { name: "Reject" }).click();
  await agent(page).getByText("rejected").waitFor();
  await waiting(page).waitFor({ state: "detached" });
  await say(page, "permission");
  await command.getByRole("button", { name: "Always allow this" }).click();
  await agent(page).getByText("accepted for this session").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await waiting(page).waitFor({ state: "detached" });
  await page.context().close();
});

test("questions take one answer, several, own words, or none", PATIENT, async () => {
  const page = await house.page();
  await say(page, "multi");
  const answer = page.getByRole("button", { name: "Answer" });
  await answer.waitFor();
  assert.equal(await answer.isDisabled(), true);
  await page.getByRole("radio", { name: "Blue" }).check();
  await page.getByRole("checkbox", { name: "Apple" }).check();
  await page.getByRole("checkbox", { name: "Plum" }).check();
  await answer.click();
  await agent(page).getByText("answered Blue; Apple, Plum").waitFor();
  await say(page, "plan");
  await page.getByText("Change one line.").waitFor();
  await page.getByRole("textbox", { name: /^Your own answer/ }).fill("only half of it");
  await answer.click();
  await agent(page).getByText("answered only half of it").waitFor();
  await say(page, "plan");
  await page.getByRole("button", { name: "Refuse" }).click();
  await agent(page).getByText(/Question .*rejected/).waitFor();
  await page.context().close();
});

test("a message that did not arrive can be sent again, and what is written meanwhile stays", PATIENT, async () => {
  const page = await house.page({ failures: true });
  const field = page.getByRole("textbox", { name: "Message" });
  await page.context().setOffline(true);
  await say(page, "are you there?");
  await page.getByRole("status").getByText(/fetch/).waitFor();
  assert.equal(await field.inputValue(), "are you there?");
  await page.context().setOffline(false);
  await field.press("Enter");
  await agent(page).getByText("are you there?").waitFor();
  await page.context().close();
});

test("a message while the agent works waits for its turn, and the page says so", PATIENT, async () => {
  const page = await house.page();
  await say(page, "slow 100000");
  await agent(page).getByText(/word 1 /).waitFor();
  await say(page, "after that");
  const waits = page.getByRole("status").getByText("Your message waits until this turn ends.");
  await waits.waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await agent(page).getByText("after that", { exact: true }).waitFor();
  await waits.waitFor({ state: "detached" });
  await page.context().close();
});

test("a reload loses nothing: what was said, what runs, and what waits for an answer", PATIENT, async () => {
  const page = await house.page();
  await say(page, "remember me");
  await agent(page).getByText("remember me").waitFor();
  await rest(page);
  await say(page, "permission");
  await waiting(page).getByRole("article").nth(1).waitFor();
  await page.reload();
  await waiting(page).getByRole("article").nth(1).waitFor();
  await agent(page).getByText("remember me").waitFor();
  await page.getByRole("button", { name: "Allow once" }).first().click();
  await page.getByRole("article", { name: "Permission: file_change" }).getByRole("button", { name: "Reject" }).click();
  await rest(page);
  const before = await log(page).innerText();
  await page.reload();
  await agent(page).getByText("rejected").waitFor();
  assert.equal(await log(page).innerText(), before);
  await page.context().close();
});

test("a new chat is empty, and another browser has a chat of its own", PATIENT, async () => {
  const page = await house.page();
  await say(page, "first chat");
  await agent(page).getByText("first chat").waitFor();
  await page.getByRole("button", { name: "New chat" }).click();
  await page.getByText("Say something.").waitFor();
  const other = await house.page();
  await other.getByText("Say something.").waitFor();
  await say(page, "second chat");
  await agent(page).getByText("second chat").waitFor();
  assert.equal(await page.getByText("first chat").count(), 0);
  assert.equal(await agent(other).count(), 0);
  await Promise.all([page.context().close(), other.context().close()]);
});

test("a daemon can be talked to directly, by its address and token", PATIENT, async () => {
  const url = await house.startDaemon("secret");
  const page = await house.page({ hash: `#url=${url}&token=secret` });
  await say(page, "directly");
  await agent(page).getByText("directly").waitFor();
  await page.context().close();
});

async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = (await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(tags)} })`)) as {
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} (${node.failureSummary})`));
}

for (const [colorScheme, width] of [["light", 1100], ["dark", 380]] as const) {
  test(`axe finds nothing: ${colorScheme}, ${width} px`, PATIENT, async () => {
    const page = await house.page({ colorScheme, viewport: { width, height: 800 } });
    assert.deepEqual(await faults(page), []);
    for (const [index, message] of ["markdown", "tool", "status", "think", "error", "multi"].entries()) {
      await say(page, message);
      await page.getByRole("article", { name: "You" }).nth(index).waitFor();
    }
    await page.getByRole("button", { name: "Answer" }).waitFor();
    await page.getByText("mock.search").click();
    assert.deepEqual(await faults(page), []);
    await page.getByRole("button", { name: "Refuse" }).click();
    await say(page, "permission");
    await waiting(page).getByRole("article").nth(1).waitFor();
    assert.deepEqual(await faults(page), []);
    assert.equal(await page.evaluate("document.documentElement.scrollWidth > innerWidth"), false);
    await page.context().close();
  });
}

// The last one: it takes the backend away from the others.
test("when the server is gone the page says so, and connects again when asked to", PATIENT, async () => {
  const page = await house.page({ failures: true });
  await say(page, "hello");
  await agent(page).getByText("hello").waitFor();
  await rest(page);
  await house.stopBackend();
  const again = page.getByRole("button", { name: "Connect again" });
  await again.waitFor();
  await house.startBackend(new URL(house.url).port);
  await again.click();
  await page.getByText("Say something.").waitFor(); // that server knows nothing of us
  await say(page, "once more");
  await agent(page).getByText("once more").waitFor();
  await page.context().close();
});
