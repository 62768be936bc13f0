import assert from "node:assert/strict";
import { test } from "node:test";
import { choose, House, PATIENT, say } from "./house";

const house = new House();

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
  await choose(page, "End");
  await page.getByRole("button", { name: "End session" }).click();
  await page.getByText("This session has ended.").waitFor();
  await choose(page, "Delete");
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
  await choose(page, "Details");
  await page.getByRole("dialog").getByText("200k tokens").waitFor();
  await page.getByRole("dialog").getByText(house.folder).waitFor();
  await page.close();
});

test("a forked session begins with the conversation up to a turn, or up to the last one", PATIENT, async () => {
  const session = await house.session("to be forked");
  const page = await house.looking(session);
  await say(page, "first");
  await page.getByText(/^Done · /).waitFor();
  await say(page, "second");
  await page.getByText(/^Done · /).nth(1).waitFor();
  await page.keyboard.press("Escape");
  await page.getByText(/^Done · /).first().hover();
  const asked = page.waitForRequest(/\/fork$/);
  await page.getByRole("button", { name: "Fork from here" }).first().click();
  const { turnId } = (await asked).postDataJSON() as { turnId?: string };
  await page.getByRole("heading", { name: "to be forked (fork)", exact: true }).waitFor();
  const { events } = await session.events();
  assert.equal(turnId, events.find((event) => event.type === "turn.ended")?.data.turn_id);
  await choose(page, "Fork");
  await page.getByRole("heading", { name: "to be forked (fork) (fork)", exact: true }).waitFor();
  await page.close();
});

test("an ended session is put out of sight, and got back", PATIENT, async () => {
  const session = await house.session("to be archived");
  await session.terminate();
  const page = await house.looking(session);
  await choose(page, "Archive");
  const entry = page.getByRole("button", { name: /to be archived/ });
  await entry.waitFor({ state: "detached" });
  await page.reload();
  await page.getByRole("button", { name: "Archived (1)" }).click();
  await entry.waitFor();
  await choose(page, "Unarchive");
  await page.getByRole("button", { name: /^Archived/ }).waitFor({ state: "detached" });
  await entry.waitFor();
  await page.close();
});
