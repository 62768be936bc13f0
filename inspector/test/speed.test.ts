/** A long session opens at once, scrolls smoothly and stays small; a fast one is kept up with. Bounds for a loaded machine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { House } from "./house";

const house = new House({ mockPace: 0 });
const LONG = { timeout: 180_000 };

async function longestTask(page: Page, work: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const kept = ((window as unknown as { tasks: number[] }).tasks = []) as number[];
    new PerformanceObserver((list) => kept.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
  });
  await work();
  return page.evaluate(() => Math.max(0, ...(window as unknown as { tasks: number[] }).tasks));
}

test("a session of 50,000 events is read in seconds, scrolls smoothly, and is not all in the page", LONG, async () => {
  const session = await house.session();
  await session.send("flood 16700").wait();
  assert.ok((await session.info()).eventCount > 50_000);
  const page = await house.page();
  const began = performance.now();
  await page.getByRole("listitem").first().getByRole("button").click();
  await page.locator(".rows .row").first().waitFor();
  const painted = performance.now() - began;
  await page.getByText("message 16700", { exact: true }).waitFor();
  const read = performance.now() - began;
  await page.keyboard.press("d");
  await page.getByRole("option", { name: /^All events \(50,/ }).waitFor({ state: "attached" });

  await page.getByRole("log").hover();
  const longest = await longestTask(page, async () => {
    for (let count = 0; count < 60; count += 1) {
      await page.mouse.wheel(0, -900);
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
  });
  assert.ok((await page.locator(".row").count()) < 60);
  assert.ok((await page.locator(".event-line").count()) < 80);
  const heap = await page.evaluate(() => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize);
  const figures = `first rows ${painted.toFixed(0)} ms, all read ${read.toFixed(0)} ms, longest task ${longest.toFixed(0)} ms, heap ${(heap / 1e6).toFixed(0)} MB`;
  console.log(figures);
  assert.ok(heap < 300e6, figures);
  await page.close();
});

test("a fast agent is kept up with", LONG, async () => {
  const session = await house.session();
  const page = await house.looking(session);
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  const began = performance.now();
  const done = session.send("slow 8000").wait();
  await page.getByText("word 8000").waitFor({ timeout: 90_000 });
  const shown = performance.now() - began;
  assert.equal((await done).reason, "completed");
  console.log(`8,000 deltas shown in ${shown.toFixed(0)} ms`);
  await page.close();
});
