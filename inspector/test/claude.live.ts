/** The real Claude Code against a scripted model, seen and steered in the page. `test_claude_inspector.py` runs this. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const { SERVER = "", DIRECTORY = "" } = process.env;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  const wrong: string[] = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  await page.goto(`${SERVER}/ui/`);
  await page.locator(".workspace").waitFor();
  await page.keyboard.press("n");
  await page.getByRole("radio", { name: /Claude Code/ }).check();
  await page.getByLabel("Directory").fill(DIRECTORY);
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("textbox", { name: "Message" }).fill("Show me what you can do.");
  await page.keyboard.press("Enter");

  const write = page.getByRole("article", { name: "Permission: Write" });
  await write.getByText(/hello\.py/).first().waitFor();
  await write.getByRole("button", { name: "Allow once" }).click();
  await page.reload();
  await page.getByRole("article", { name: "Permission: Bash" }).waitFor();
  await page.keyboard.press("y");
  await page.getByRole("radio", { name: /Show me more/ }).check();
  await page.getByRole("button", { name: "Answer" }).click();
  await page.getByText("Thank you, and goodbye!").waitFor();
  await page.getByText(/^Done · .* in, .* out/).waitFor();

  const tool = page.getByRole("region", { name: "Tool Bash" });
  await tool.getByText("Hello, world!").waitFor();
  await page.getByRole("region", { name: "Tool Write" }).getByText('name = "world"').first().waitFor();
  await page.getByRole("button", { name: /Thought/ }).waitFor();
  assert.ok(existsSync(join(DIRECTORY, "greeting.txt")));
  assert.deepEqual(wrong, []);
  console.log("all seen");
} finally {
  await browser.close();
}
