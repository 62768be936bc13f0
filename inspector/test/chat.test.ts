import assert from "node:assert/strict";
import { test } from "node:test";
import { House, PATIENT, say } from "./house";

const house = new House();

test("markdown is shown as such, code with its colours, links to the web only", PATIENT, async () => {
  const page = await house.looking(await house.session());
  await say(page, "markdown");
  await page.getByRole("heading", { name: "Mock markdown" }).waitFor();
  await page.locator(".hljs-keyword").first().waitFor();
  assert.equal(await page.getByRole("link", { name: "link", exact: true }).getAttribute("href"), "https://example.invalid");
  assert.equal(await page.getByRole("cell", { name: "steady" }).count(), 1);
  await page.getByText(/^Done · /).waitFor();
  await page.close();
});

test("a tool call has its result, its files and its diffs with it, inline or side by side", PATIENT, async () => {
  const page = await house.looking(await house.session());
  await say(page, "tool");
  const tool = page.getByRole("region", { name: "Tool mock.search" });
  await tool.getByText("mock search results").waitFor();
  assert.equal(await page.locator(".tool").count(), 1);
  await tool.getByRole("img", { name: "Failed" }).waitFor();
  await tool.getByText("patch.txt").first().waitFor();
  await tool.getByRole("button", { name: "Side by side" }).first().click();
  assert.ok((await tool.locator("table.sides").count()) > 0);
  await page.close();
});

test("command output keeps its colours", PATIENT, async () => {
  const page = await house.looking(await house.session());
  await say(page, "ansi");
  await page.locator(".output .ansi-1", { hasText: "error:" }).waitFor();
  assert.match((await page.locator(".output").textContent()) ?? "", /^src {2}run\.sh/);
  await page.close();
});

test("thoughts are folded, a to-do list gets done in its place, a subagent is nested", PATIENT, async () => {
  const page = await house.looking(await house.session());
  await say(page, "think");
  const thought = page.getByRole("button", { name: /^.? ?Thought/ });
  assert.equal(await thought.getAttribute("aria-expanded"), "false");
  await thought.click();
  await page.getByText("therefore I stream.").last().waitFor();
  await say(page, "todo");
  await page.getByText("3 of 3").waitFor();
  assert.equal(await page.getByRole("region", { name: "To-do list" }).count(), 1);
  await say(page, "subagent");
  const task = page.getByRole("region", { name: "Tool Task" });
  await task.getByText("There is one file.").waitFor();
  await task.getByRole("group", { name: "Subagent" }).getByText("I look around.").waitFor();
  await page.close();
});

test("a picture of the session's directory is shown, and a missing one is told", PATIENT, async () => {
  const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  await house.client.files.write(`${house.folder}/mock_1/image.png`, Buffer.from(png, "base64"));
  const page = await house.looking(await house.session(), { failures: true });
  await say(page, "image");
  await page.getByRole("img", { name: "mock_1/image.png" }).waitFor();
  await say(page, "image");
  await page.getByText("not found").waitFor();
  await page.close();
});

test("an agent that crashes, an error and a turn that is stopped each look different from a good end", PATIENT, async () => {
  const page = await house.looking(await house.session());
  await say(page, "crash");
  await page.getByText(/The agent's process ended · exit status 3/).waitFor();
  await say(page, "error");
  await page.getByRole("alert").getByText("Mock error event.").waitFor();
  await say(page, "slow 100000");
  await page.getByText("word 1 ").waitFor();
  await page.keyboard.press("Control+.");
  await page.getByText(/^Interrupted · /).waitFor();
  await page.close();
});

test("messages wait for the running turn, and are withdrawn", PATIENT, async () => {
  const session = await house.session();
  const page = await house.looking(session);
  await say(page, "slow 100000");
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await say(page, "first waits");
  await say(page, "second waits");
  const queue = page.getByRole("region", { name: "Waiting messages" });
  await queue.getByText("second waits").waitFor();
  await queue.getByRole("button", { name: "Withdraw" }).first().click();
  await queue.getByText("first waits").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("article", { name: "Agent" }).getByText("second waits").waitFor();
  await queue.waitFor({ state: "detached" });
  await page.close();
});

test("files are attached by the picker, by paste and by drop, and taken off again", PATIENT, async () => {
  const page = await house.looking(await house.session());
  const file = (name: string) => ({ name, mimeType: "text/plain", buffer: Buffer.from(name) });
  await page.getByLabel("Files to attach").setInputFiles([file("picked.txt"), file("wrong.txt")]);
  await page.getByRole("button", { name: "Remove wrong.txt" }).click();
  for (const [kind, name] of [["paste", "pasted.txt"], ["drop", "dropped.txt"]] as const) {
    await page.evaluate(
      ([kind, name]) => {
        const data = new DataTransfer();
        data.items.add(new File(["x"], name));
        const event = kind === "paste" ? new ClipboardEvent(kind, { clipboardData: data, bubbles: true, cancelable: true }) : new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
        document.querySelector("#composer")?.dispatchEvent(event);
      },
      [kind, name] as const,
    );
    await page.getByRole("button", { name: `Remove ${name}` }).waitFor();
  }
  await say(page, "look at these");
  const said = page.getByRole("article", { name: "Agent" });
  await said.getByText(/picked\.txt[^]*pasted\.txt[^]*dropped\.txt/).waitFor();
  assert.equal(await page.getByRole("list", { name: "Attached files" }).count(), 0);
  await page.close();
});

test("the page stays at the end until somebody scrolls up, and goes back on request", PATIENT, async () => {
  const session = await house.session();
  await session.send("flood 120").wait();
  const page = await house.looking(session);
  await page.getByText("message 120", { exact: true }).waitFor();
  await page.getByRole("log").hover();
  await page.mouse.wheel(0, -1500);
  const newest = page.getByRole("button", { name: "Newest" });
  await newest.waitFor();
  await session.send("still above").wait();
  assert.equal(await page.getByText("still above").count(), 0);
  await newest.click();
  await page.getByText("still above").last().waitFor();
  await newest.waitFor({ state: "detached" });
  await page.close();
});

test("a link to an item leads there", PATIENT, async () => {
  const session = await house.session();
  await session.send("flood 120").wait();
  const items = await session.messages();
  const page = await house.looking(session, { item: items[30]?.item_id ?? "" });
  await page.locator(".row.marked").getByText("message 30", { exact: true }).waitFor();
  await page.close();
});

test("a reload in the middle of a turn, and of a message, shows the same again", PATIENT, async () => {
  const session = await house.session();
  const page = await house.looking(session);
  await say(page, "slow 100000");
  await page.getByText("word 1 word 2").waitFor();
  await page.reload();
  await page.getByText("word 1 word 2").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText(/^Interrupted · /).waitFor();
  assert.equal(await page.getByRole("article", { name: "You" }).count(), 1);
  await page.close();
});

test("what streams grows in its place: nothing of it is made anew", PATIENT, async () => {
  const page = await house.looking(await house.session());
  await say(page, "slow 100000");
  const text = page.getByRole("article", { name: "Agent" }).locator("p").first();
  await text.getByText("word 20 ").waitFor();
  const nodes = await text.evaluateHandle((paragraph) => [paragraph, paragraph.closest(".row"), paragraph.closest("article")]);
  await text.getByText("word 200 ").waitFor();
  assert.equal(await nodes.evaluate((all) => all.every((node) => node?.isConnected)), true);
  await page.keyboard.press("Control+.");
  await page.getByText(/^Interrupted · /).waitFor();
  await page.close();
});

test("a word is put into the running turn, or waits where the agent cannot take it", PATIENT, async () => {
  const page = await house.looking(await house.session());
  await say(page, "slow 100000");
  await page.getByText("word 1 ").waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill("over here");
  const asked = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/messages"));
  await page.getByRole("button", { name: "Steer" }).click();
  const { delivery, message } = (await asked).postDataJSON() as Record<string, string>;
  assert.deepEqual([delivery, message], ["steer", "over here"]);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText(/^Interrupted · /).waitFor();
  await page.close();
});
