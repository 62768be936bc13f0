/** Dialogs and menus: where the focus is, what closes them, and what they are called. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { choose, House, PATIENT } from "./house";

const house = new House();

/** The name of what has the focus. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");
const insideDialog = (page: Page): Promise<boolean> => page.evaluate(() => document.activeElement?.closest("dialog") !== null);

test("a dialog has a name, takes the focus, keeps it, and gives it back when Escape closes it", PATIENT, async () => {
  const page = await house.page();
  const opener = page.getByRole("button", { name: "Help" });
  await opener.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Help" });
  await dialog.waitFor();
  for (let tab = 0; tab < 5; tab += 1) {
    await page.keyboard.press("Tab");
    // Between the last and the first the browser's own bar has its turn, where the page is the body.
    assert.ok((await insideDialog(page)) || (await page.evaluate(() => document.activeElement === document.body)));
  }
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await focused(page), "Help");
  await page.close();
});

test("what is behind a dialog cannot be reached, a press outside closes it, and its keys are its own", PATIENT, async () => {
  const page = await house.looking(await house.session("behind"));
  await choose(page, "End");
  const dialog = page.getByRole("dialog", { name: "End this session?" });
  await dialog.waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Message" }).isVisible(), true);
  await page.keyboard.press("n");
  assert.equal(await page.getByRole("dialog").count(), 1);
  assert.equal(await page.evaluate(() => document.elementFromPoint(5, 5)?.tagName), "DIALOG");
  await page.mouse.click(5, 5);
  await dialog.waitFor({ state: "detached" });
  await choose(page, "End");
  await page.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.close();
});

test("a menu is opened and walked through by keys; Escape closes it and gives the focus back", PATIENT, async () => {
  const page = await house.looking(await house.session("menu"));
  const button = page.getByRole("button", { name: "Session menu" });
  await button.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menu", { name: "Session menu" }).waitFor();
  assert.equal(await button.getAttribute("aria-expanded"), "true");
  const seen = [await focused(page)];
  for (const key of ["ArrowDown", "End", "ArrowDown", "ArrowUp", "Home"]) {
    await page.keyboard.press(key);
    seen.push(await focused(page));
  }
  assert.deepEqual(seen, ["Details", "Fork", "Delete", "Details", "Delete", "Details"]);
  await page.keyboard.press("Escape");
  await page.getByRole("menu").waitFor({ state: "detached" });
  assert.equal(await focused(page), "Session menu");
  await button.click();
  await page.getByRole("heading", { level: 1 }).click();
  await page.getByRole("menu").waitFor({ state: "detached" });
  await page.close();
});

test("what went wrong is told for some seconds, longer while somebody points at it", PATIENT, async () => {
  const session = await house.session("told");
  const page = await house.looking(session, { failures: true });
  await page.clock.install();
  await page.route(/\/interrupt$/, (route) => route.abort());
  await page.keyboard.press("Control+.");
  const toast = page.getByRole("status").getByText(/no answer from/);
  await toast.hover();
  await page.clock.fastForward(60_000);
  assert.equal(await toast.count(), 1);
  await page.mouse.move(5, 5);
  await page.clock.fastForward(9_000);
  await toast.waitFor({ state: "detached" });
  await page.close();
});
