// Reads the page of the API in Chromium, as a person does, and prints what was seen as JSON.
// node apidocs.mjs PACKAGE_JSON URL
import { createRequire } from "node:module";

const [, , manifest, url] = process.argv;
const { chromium } = createRequire(manifest)("playwright-core");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => request.url().startsWith(url) || complaints.push(request.url()));
  await page.goto(`${url}/v1/docs`);
  const shown = () => page.locator("main article:visible h3").allInnerTexts();
  const seen = { all: (await shown()).length };

  await page.keyboard.press("/");
  await page.keyboard.type("install stream");
  seen.found = await shown();
  seen.groups = await page.locator("nav h2:visible").allInnerTexts();
  await page.keyboard.press("Escape");
  seen.again = (await shown()).length;

  await page.fill("#find", "metrics");
  await page.evaluate(() => (location.hash = "#type-Event"));
  await page.waitForFunction(() => document.getElementById("type-Event").checkVisibility());
  seen.led = await page.locator("#find").inputValue();

  const example = page.locator("#create_session .example");
  await example.locator("button").click();
  await example.locator("button", { hasText: "Copied" }).waitFor();
  seen.copied = await page.evaluate(() => navigator.clipboard.readText());

  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.emulateMedia({ colorScheme: "light" });
  seen.light = await paper();
  await page.emulateMedia({ colorScheme: "dark" });
  seen.dark = await paper();
  await page.setViewportSize({ width: 400, height: 800 });
  seen.narrow = await page.evaluate(() => document.documentElement.scrollWidth);
  seen.complaints = [...complaints];

  seen.injected = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.injected = true";
    document.body.append(script);
    return window.injected ?? false;
  });
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}
