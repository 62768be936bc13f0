import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { SandboxAgent } from "sandbox-agent";
import { binaryPath, House, PATIENT, say } from "./house";

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

/** A server that lets the page of ours read its answers, and ends with its input. */
async function otherServer(): Promise<{ process: ChildProcess; baseUrl: string; token: string }> {
  const options = ["--port", "0", "--token", "other", "--cors-allow-origin", house.daemon.baseUrl, "--exit-with-parent"];
  const env = { PATH: process.env.PATH ?? "", HOME: house.folder, SANDBOX_AGENT_DATA_DIR: join(house.folder, "other") };
  const child = spawn(binaryPath, ["server", ...options], { env, cwd: house.folder, stdio: ["pipe", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const baseUrl = / on (http\S+)/.exec(line)?.[1];
    if (baseUrl) return { process: child, baseUrl, token: "other" };
  }
  throw new Error("the other server ended at once");
}

test("a page of one server looks at another one, with headers of the address", PATIENT, async () => {
  const other = await otherServer();
  try {
    await (await SandboxAgent.connect(other)).createSession("there", { agent: "mock", title: "Over there" });
    const page = await house.browser.newPage();
    const asked = page.waitForRequest(`${other.baseUrl}/v1/sessions`);
    const query = new URLSearchParams({ url: other.baseUrl, token: other.token, headers: '{"x-team": "blue"}' });
    await page.goto(`${house.daemon.baseUrl}/ui/?${query.toString()}`);
    assert.equal((await (await asked).allHeaders())["x-team"], "blue");
    await page.getByRole("button", { name: /Over there/ }).click();
    await say(page, "hello there");
    await page.getByRole("article", { name: "Agent" }).getByText("hello there").waitFor();
    assert.equal(page.url(), `${house.daemon.baseUrl}/ui/sessions/there`);
    await page.close();
  } finally {
    other.process.stdin?.end();
    await once(other.process, "exit");
  }
});
