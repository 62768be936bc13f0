/** A long session opens at once, scrolls smoothly and stays small; a fast one is kept up with. Times are told, not judged: they are the machine's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CDPSession, Page } from "playwright-core";
import { House } from "./house";

const house = new House({ mockPace: 0 });
const LONG = { timeout: 180_000 };

/** The longest time, in ms, for which the page could do nothing else. */
async function longestTask(page: Page, work: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const kept = ((window as unknown as { tasks: number[] }).tasks = []) as number[];
    new PerformanceObserver((list) => kept.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
  });
  await work();
  return page.evaluate(() => Math.max(0, ...(window as unknown as { tasks: number[] }).tasks));
}

/** Bytes that are in use, after what nobody uses is gone. */
async function heap(browser: CDPSession): Promise<number> {
  await browser.send("HeapProfiler.collectGarbage");
  const { metrics } = await browser.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? NaN;
}

async function scroll(page: Page, where: string, times: number): Promise<void> {
  await page.getByRole(where === "log" ? "log" : "region", where === "log" ? {} : { name: where, exact: true }).hover();
  for (let count = 0; count < times; count += 1) {
    await page.mouse.wheel(0, where === "log" ? -900 : 900);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
}

test("a session of 50,000 events is read whole and scrolled through, and is never all in the page or in memory", LONG, async () => {
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
  const browser = await page.context().newCDPSession(page);
  await browser.send("Performance.enable");

  const chat = await longestTask(page, () => scroll(page, "log", 60));
  const events = await longestTask(page, () => scroll(page, "Events", 60));
  assert.ok((await page.locator(".row").count()) < 60);
  assert.ok((await page.locator(".event-line").count()) < 80);
  const before = await heap(browser);
  await scroll(page, "log", 100);
  await scroll(page, "Events", 100);
  const grown = (await heap(browser)) - before;
  const ms = (time: number): string => `${time.toFixed(0)} ms`;
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  const figures = `first rows ${ms(painted)}, all read ${ms(read)}, longest task while scrolling ${ms(chat)} and ${ms(events)}, heap ${mb(before)} and ${mb(grown)} more`;
  console.log(figures);
  assert.ok(before < 150e6 && grown < 30e6, figures);
  await page.close();
});

test("what an agent says in a flood of deltas is all shown, in one long message too", LONG, async () => {
  const session = await house.session();
  const page = await house.looking(session);
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  let [took, behind] = [0, 0];
  const longest = await longestTask(page, async () => {
    const began = performance.now();
    await session.send("slow 8000").wait();
    took = performance.now() - began;
    await page.getByText("word 8000").waitFor();
    behind = performance.now() - began - took;
  });
  const figures = `${(8_000_000 / took).toFixed(0)} deltas in a second; the last was shown ${behind.toFixed(0)} ms after it; longest task ${longest.toFixed(0)} ms`;
  console.log(figures);
  await page.close();
});
