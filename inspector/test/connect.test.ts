import assert from "node:assert/strict";
import { test } from "node:test";
import { House, PATIENT } from "./house";

const house = new House();
const failures = { failures: true };

test("a token in the address connects, does not stay there, and is known after a reload", PATIENT, async () => {
  const page = await house.page();
  assert.equal(page.url(), `${house.daemon.baseUrl}/ui/`);
  await page.reload();
  await page.getByRole("complementary", { name: "Sessions" }).waitFor();
  await page.close();
});

test("without a token the server's own page asks for one, and says when it is wrong", PATIENT, async () => {
  const page = await house.browser.newPage();
  await page.goto(`${house.daemon.baseUrl}/ui/`);
  await page.getByText("This server asks for a token.").waitFor();
  assert.equal(await page.getByLabel("Server").inputValue(), house.daemon.baseUrl);
  await page.getByLabel("Token").fill("wrong");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText("The server does not know this token.").waitFor();
  await page.getByLabel("Token").fill(house.daemon.token);
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByRole("complementary", { name: "Sessions" }).waitFor();
  await page.close();
});

test("a server that does not answer is told, with what it would need", PATIENT, async () => {
  const page = await house.page("", failures);
  await page.getByRole("button", { name: "Disconnect" }).click();
  await page.getByLabel("Server").fill("http://127.0.0.1:9");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText(`--cors-allow-origin ${house.daemon.baseUrl}`).waitFor();
  await page.close();
});

test("the page keeps to a strict policy and needs nothing from elsewhere", PATIENT, async () => {
  const page = await house.browser.newPage();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).origin));
  const response = await page.goto(`${house.daemon.baseUrl}/ui/?token=${house.daemon.token}`);
  await page.getByRole("complementary", { name: "Sessions" }).waitFor();
  const policy = response?.headers()["content-security-policy"] ?? "";
  assert.match(policy, /script-src 'self';/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.deepEqual([...new Set(asked)], [house.daemon.baseUrl]);
  await page.close();
});
