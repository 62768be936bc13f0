import assert from "node:assert/strict";
import { test } from "node:test";
import { House, PATIENT, say } from "./house";

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

test("the list tells the state of each session, and is searched", PATIENT, async () => {
  const [idle, running, waiting, ended] = [await house.session("quiet one"), await house.session("busy one"), await house.session("asking one"), await house.session("old one")];
  await idle.send("hello").wait();
  await running.send("slow 100000");
  await waiting.send("permission");
  await ended.terminate();
  const page = await house.page();
  const list = page.getByRole("complementary", { name: "Sessions" });
  for (const words of ["quiet one.*Idle", "busy one.*Running", "asking one.*Waiting for you", "old one.*Ended"]) {
    await list.getByRole("button", { name: new RegExp(words) }).waitFor();
  }
  await page.keyboard.press("/");
  await page.keyboard.type("asking");
  await list.getByRole("button", { name: /busy one/ }).waitFor({ state: "detached" });
  assert.equal(await list.getByRole("listitem").count(), 1);
  await running.interrupt();
  await page.close();
});

test("j and k walk through the sessions", PATIENT, async () => {
  const page = await house.page();
  await page.getByRole("listitem").first().waitFor();
  const { sessions } = await house.client.listSessions();
  for (const [key, index] of [["j", 0], ["j", 1], ["k", 0]] as const) {
    await page.keyboard.press(key);
    const name = sessions[index]?.title || sessions[index]?.sessionId;
    await page.getByRole("heading", { name: name ?? "", exact: true }).waitFor();
  }
  await page.close();
});

test("a session is ended, then deleted, each after a question", PATIENT, async () => {
  const session = await house.session("to be ended");
  const page = await house.looking(session);
  await page.getByRole("button", { name: "End", exact: true }).click();
  await page.getByRole("button", { name: "End session" }).click();
  await page.getByText("This session has ended.").waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "Delete session" }).click();
  await page.getByText("No session open").waitFor();
  await page.getByRole("button", { name: /to be ended/ }).waitFor({ state: "detached" });
  await page.close();
});

test("what a session is and uses can be read", PATIENT, async () => {
  const session = await house.session("facts");
  const page = await house.looking(session);
  await say(page, "usage");
  await page.getByText(/1,200 in, 34 out, \$0\.0123/).first().waitFor();
  await page.getByRole("button", { name: "Details" }).click();
  await page.getByRole("dialog").getByText("200k tokens").waitFor();
  await page.getByRole("dialog").getByText(house.folder).waitFor();
  await page.close();
});
