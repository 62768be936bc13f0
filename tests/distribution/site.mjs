// Opens each page of the built site in Chromium, searches it, and prints what was seen as JSON.
// node site.mjs PACKAGE_JSON FOLDER URL
import { createRequire } from "node:module";
import { readdirSync } from "node:fs";

const [, , manifest, folder, site] = process.argv;
const { chromium } = createRequire(manifest)("playwright-core");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  const page = await browser.newPage();
  const seen = { outside: [], complaints: [], titles: {} };
  page.on("request", (request) => request.url().startsWith(site) || seen.outside.push(request.url()));
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  const pages = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".html"));
  for (const name of pages) {
    await page.goto(`${site}/${name}`);
    seen.titles[name] = await page.title();
  }
  await page.goto(`${site}/search.html?q=interrupt`);
  await page.waitForSelector(".search li a");
  seen.found = await page.locator(".search li > a").allInnerTexts();
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}
