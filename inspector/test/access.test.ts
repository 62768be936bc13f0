/** Everybody can use it: axe finds nothing, on wide and narrow screens, light and dark; keys are enough. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { House, PATIENT, type PageOptions, say } from "./house";

const house = new House();
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Found {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

async function faults(page: Page): Promise<string[]> {
  // Through the debugger: the page's own policy lets no foreign script in.
  await page.evaluate(axe);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = (await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(tags)} })`)) as { violations: Found[] };
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} (${node.failureSummary})`).join("\n")}`);
}

const SCREENS: Record<string, PageOptions> = {
  "wide and light": { width: 1440, height: 900, theme: "light", failures: true },
  "wide and dark": { width: 1440, height: 900, theme: "dark", failures: true },
  "narrow and light": { width: 400, height: 800, theme: "light", failures: true },
  "narrow and dark": { width: 400, height: 800, theme: "dark", failures: true },
};

for (const [name, screen] of Object.entries(SCREENS)) {
  test(`axe finds nothing: ${name}`, PATIENT, async () => {
    const session = await house.session();
    for (const message of ["markdown", "tool", "ansi", "diff", "todo", "usage", "subagent", "think", "image", "error", "crash"]) {
      await session.send(message).wait();
    }
    await session.send("multi");
    const page = await house.looking(session, screen);
    const narrow = (screen.width ?? 0) < 820;
    await page.getByRole("region", { name: "Waiting for you" }).waitFor();
    if (!narrow) await page.keyboard.press("d");
    const log = page.getByRole("log");
    for (let up = 0; up < 4; up += 1) {
      assert.deepEqual(await faults(page), []);
      assert.equal(await page.evaluate("document.documentElement.scrollWidth > innerWidth"), false);
      await log.press("PageUp");
    }
    for (const tab of ["Requests", "Agents", "Files"]) {
      if (narrow) await page.getByRole("button", { name: "Debug", exact: true }).last().click();
      await page.getByRole("tab", { name: tab }).click();
      assert.deepEqual(await faults(page), []);
    }
    if (narrow) {
      await page.getByRole("button", { name: "Sessions", exact: true }).click();
      assert.deepEqual(await faults(page), []);
    }
    for (const key of ["n", "?"]) {
      await page.locator("body").press(key);
      await page.getByRole("dialog").waitFor();
      assert.deepEqual(await faults(page), []);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    }
    await page.locator("body").press("c");
    if (narrow) await page.getByRole("button", { name: "Compare" }).last().click();
    await page.getByRole("region", { name: "Compare" }).waitFor();
    assert.deepEqual(await faults(page), []);
    await session.interrupt();
    await page.close();
  });
}

test("axe finds nothing on the page that asks for a server", PATIENT, async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await house.browser.newPage({ colorScheme });
    await page.goto(`${house.daemon.baseUrl}/ui/`);
    await page.getByRole("alert").waitFor();
    assert.deepEqual(await faults(page), []);
    await page.close();
  }
});

test("a whole turn with a permission needs no mouse", PATIENT, async () => {
  const page = await house.page();
  await page.keyboard.press("n");
  await page.getByRole("dialog").waitFor();
  await page.getByRole("radio", { name: /Mock/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  await page.keyboard.press("i");
  await page.keyboard.type("permission");
  await page.keyboard.press("Enter");
  await page.getByRole("article", { name: "Permission: file_change" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("y");
  await page.getByText("Allowed once").waitFor();
  await page.keyboard.press("x");
  await page.getByText(/^Done · /).waitFor();
  await page.keyboard.press("t");
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await page.close();
});

test("at 400 px one view is seen at a time, and a turn can be had", PATIENT, async () => {
  const session = await house.session("on a phone");
  const page = await house.page("", { width: 400, height: 800 });
  await page.getByRole("button", { name: /on a phone/ }).click();
  await say(page, "hello");
  await page.getByRole("article", { name: "Agent" }).getByText("hello").waitFor();
  await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Debug" }).click();
  await page.getByRole("button", { name: /turn\.ended/ }).first().waitFor();
  assert.equal(await page.getByRole("log").isVisible(), false);
  await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Sessions" }).click();
  await page.getByRole("button", { name: /on a phone.*Idle/ }).waitFor();
  await session.delete();
  await page.close();
});
