import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { House, PATIENT } from "./house";

const house = new House();

test("a session is created with what the form says", PATIENT, async () => {
  await house.client.files.write(`${house.folder}/skills/greet/SKILL.md`, "---\nname: greet\ndescription: Greets\n---\nHello\n");
  const page = await house.page();
  await page.keyboard.press("n");
  await page.getByRole("radio", { name: /Mock/ }).check();
  await page.getByLabel("Mode", { exact: true }).selectOption("plan");
  await page.getByLabel("Permissions").selectOption("acceptEdits");
  await page.getByLabel("Directory").fill(house.folder);
  await page.getByLabel("Session id").fill("from form");
  await page.getByLabel("Title").fill("From the form");
  await page.getByText("Skills").click();
  await page.getByRole("button", { name: "Add a source" }).click();
  await page.getByLabel("From").selectOption("local");
  await page.getByLabel("Source").fill(`${house.folder}/skills`);
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "From the form" }).waitFor();
  assert.match(page.url(), /\/ui\/sessions\/from%20form$/);
  const { agent, agentMode, directory, title } = await house.client.getSession("from form");
  assert.deepEqual([agent, agentMode, directory, title], ["mock", "plan", house.folder, "From the form"]);
  await page.close();
});

test("an MCP server is checked while it is written, and a refusal of the server is shown", PATIENT, async () => {
  await house.client.createSession("taken", { agent: "mock" });
  const page = await house.page("", { failures: true });
  await page.getByRole("button", { name: "New session" }).first().click();
  await page.getByText("MCP servers").click();
  await page.getByRole("button", { name: "Add a server" }).click();
  const field = page.getByLabel("Configuration (JSON)");
  await field.fill("{");
  await page.getByText(/^Not JSON/).waitFor();
  await field.fill('{"type": "remote"}');
  await page.getByText("A remote server needs a url.").waitFor();
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("alert").getByText(/server-1.*needs a url/).waitFor();
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByLabel("Session id").fill("taken");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("alert").getByText(/already exists/).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.close();
});

/** What the form sends for a new session, when it is let through. */
async function sent(page: Page): Promise<Record<string, unknown>> {
  const asked = page.waitForRequest((request) => request.method() === "POST" && /\/v1\/sessions\/[^/]+$/.test(request.url()));
  await page.getByRole("button", { name: "Create" }).click();
  return (await asked).postDataJSON() as Record<string, unknown>;
}

test("instructions and hooks are checked while they are written, and sent", PATIENT, async () => {
  const page = await house.page();
  await page.keyboard.press("n");
  await page.getByText("Instructions and hooks").click();
  await page.getByLabel("Instructions", { exact: true }).fill("Answer in French.");
  const hooks = page.getByLabel("Hooks (JSON)");
  await hooks.fill('{"Stop": {}}');
  await page.getByText(/^Stop must be a list/).waitFor();
  await hooks.fill("");
  await page.getByRole("button", { name: "Begin with an example" }).click();
  const { instructions, hooks: said } = await sent(page);
  assert.equal(instructions, "Answer in French.");
  assert.deepEqual(said, { PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command: "./check.sh" }] }] });
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  await page.close();
});

test("a conversation of the agent's own is named, and so is a model that is in no list", PATIENT, async () => {
  const page = await house.page("", { failures: true });
  await page.keyboard.press("n");
  await page.getByLabel("Model", { exact: true }).selectOption("Another one …");
  await page.getByLabel("Name of the model").fill("mock-next");
  await page.getByText("Go on with a conversation").click();
  await page.getByLabel("Its id, as the agent names it").fill("native-1");
  const { resume, model } = await sent(page);
  assert.deepEqual([resume, model], ["native-1", "mock-next"]);
  await page.close();
});

test("a creation that takes very long is told", PATIENT, async () => {
  const page = await house.page();
  await page.clock.install();
  await page.route(/\/v1\/sessions\/[^/]+$/, () => new Promise(() => undefined));
  await page.keyboard.press("n");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("button", { name: "Creating …" }).waitFor();
  assert.equal(await page.getByText("unusually long").count(), 0);
  await page.clock.fastForward(91_000);
  await page.getByText("unusually long").waitFor();
  await page.close();
});
